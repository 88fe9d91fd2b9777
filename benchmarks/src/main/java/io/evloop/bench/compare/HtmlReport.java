package io.evloop.bench.compare;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** One page that holds all it needs: the figures as JSON, the script that shows them, the chart library. */
final class HtmlReport {

    private static final String TEMPLATE = "report.html";
    private static final String SCRIPT = "report.js";

    private final Summary summary;
    private final Machine machine;
    private final PairRunner runner;
    private final Timing timing;
    private final String command;

    HtmlReport(Summary summary, Machine machine, PairRunner runner, Timing timing, String command) {
        this.summary = summary;
        this.machine = machine;
        this.runner = runner;
        this.timing = timing;
        this.command = command;
    }

    String toHtml() throws IOException {
        Versions versions = new Versions();
        return resource(TEMPLATE)
                .replace("@CHARTS@", inScript(resource(charts(versions))))
                .replace("@DATA@", inScript(data(versions).toString()))
                .replace("@SCRIPT@", inScript(resource(SCRIPT)));
    }

    private static String charts(Versions versions) {
        return "/META-INF/resources/webjars/chart.js/" + versions.of("chart.js") + "/dist/chart.umd.min.js";
    }

    private static String resource(String name) throws IOException {
        try (InputStream resource = HtmlReport.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new IOException(name + " is not in the jar");
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Nothing in it can end the script element that it stands in. */
    private static String inScript(String text) {
        return text.replace("</", "<\\/");
    }

    private JsonObject data(Versions versions) {
        JsonObject data = new JsonObject();
        data.addProperty("command", command);
        data.add("machine", machine.toJson());
        data.add("metrics", metrics());
        data.add("competitors", competitors(versions));
        JsonArray workloads = new JsonArray();
        summary.workloads().forEach(workload -> workloads.add(workload(workload)));
        data.add("workloads", workloads);
        JsonArray goals = new JsonArray();
        for (Goal goal : Goal.ALL) {
            JsonObject json = new JsonObject();
            json.addProperty("work", goal.work());
            json.addProperty("goal", goal.goal());
            json.addProperty("reached", goal.reached().apply(summary));
            goals.add(json);
        }
        data.add("goals", goals);
        JsonArray failures = new JsonArray();
        summary.failures().forEach(failures::add);
        data.add("failures", failures);
        JsonArray disturbances = new JsonArray();
        machine.disturbances().forEach(disturbances::add);
        data.add("disturbances", disturbances);
        return data;
    }

    private static JsonArray metrics() {
        JsonArray metrics = new JsonArray();
        for (Metric metric : Metric.values()) {
            JsonObject json = new JsonObject();
            json.addProperty("id", metric.name());
            json.addProperty("title", metric.title());
            json.addProperty("higherIsBetter", metric.higherIsBetter());
            metrics.add(json);
        }
        return metrics;
    }

    private JsonObject competitors(Versions versions) {
        JsonObject competitors = new JsonObject();
        for (Competitor competitor : summary.competitors()) {
            JsonObject json = new JsonObject();
            json.addProperty("title", competitor.title());
            json.addProperty("version", versions.of(competitor.id()));
            json.addProperty("colour", competitor.colour());
            json.addProperty("note", competitor.note());
            competitors.add(competitor.id(), json);
        }
        return competitors;
    }

    private JsonObject workload(Workload workload) {
        JsonObject json = new JsonObject();
        json.addProperty("title", workload.title());
        json.addProperty("headline", workload.headline().name());
        JsonArray rows = new JsonArray();
        for (Competitor competitor : summary.competitors()) {
            if (summary.spread(workload, competitor, workload.headline()).isPresent()) {
                rows.add(row(workload, competitor));
            }
        }
        json.add("rows", rows);
        return json;
    }

    private JsonObject row(Workload workload, Competitor competitor) {
        JsonObject row = new JsonObject();
        row.addProperty("competitor", competitor.id());
        row.addProperty("sendBuffer", summary.sendBuffer(workload, competitor));
        row.addProperty(
                "command", String.join(" ", runner.command(workload, competitor, false, timing, Path.of("DIRECTORY"))));
        row.add("ratio", spread(summary.ratio(workload, competitor, workload.headline())));
        JsonObject figures = new JsonObject();
        JsonObject ratios = new JsonObject();
        for (Metric metric : Metric.values()) {
            Spread spread = summary.spread(workload, competitor, metric);
            if (spread.isPresent()) {
                figures.add(metric.name(), spread(spread));
                if (metric.hasRatio() && !competitor.isYardstick()) {
                    ratios.add(metric.name(), spread(summary.ratio(workload, competitor, metric)));
                }
            }
        }
        row.add("figures", figures);
        row.add("ratios", ratios);
        return row;
    }

    /** Median, least, greatest. */
    private static JsonArray spread(Spread spread) {
        JsonArray json = new JsonArray();
        if (spread.isPresent()) {
            json.add(new JsonPrimitive(spread.median()));
            json.add(new JsonPrimitive(spread.min()));
            json.add(new JsonPrimitive(spread.max()));
        }
        return json;
    }
}
