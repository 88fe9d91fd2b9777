package io.evloop.bench.compare;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.style.Styler;

/**
 * The chart for the README: how fast each competitor is, the best C being 1. What one run alone gave is pale where it is all
 * that a competitor has, and named with the work where it is all that there is of it; what is cut is told below.
 */
final class SvgChart {

    private static final int WIDTH = 1200;
    private static final int HEIGHT = 480;
    private static final int FONT_SIZE = 12;
    private static final int LABEL_ROTATION = 20;
    private static final double HIGHEST = 1.6;
    private static final int WHITE = 255;

    private final Summary summary;
    private final Machine machine;
    private final Competitor evloop = Competitor.byId("evloop");
    private final List<String> cut = new ArrayList<>();

    SvgChart(Summary summary, Machine machine) {
        this.summary = summary;
        this.machine = machine;
    }

    void write(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            ChartEncoder.saveChart(chart(), out, "svg");
        }
    }

    CategoryChart chart() {
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("Speed, best C = 1, higher is better (" + machine.facts().get("CPUs") + " CPUs, "
                        + machine.facts().get("kernel") + ")")
                .yAxisTitle("× best C")
                .build();
        style(chart);
        List<Workload> workloads = summary.workloads().stream()
                .filter(workload -> !workload.hasLargeBuffers())
                .toList();
        List<String> titles = workloads.stream()
                .map(workload -> workload.title() + (runs(workload, evloop) > 1 ? "" : ", one run"))
                .toList();
        for (Competitor competitor : summary.competitors()) {
            if (!competitor.isVariant()) {
                add(chart, competitor, workloads, titles);
            }
        }
        chart.setXAxisTitle(String.join("; ", cut));
        return chart;
    }

    private void add(CategoryChart chart, Competitor competitor, List<Workload> workloads, List<String> titles) {
        boolean repeated = workloads.stream().anyMatch(workload -> runs(workload, competitor) > 1);
        String name = competitor.title() + (repeated ? "" : ", one run");
        Color colour = Color.decode(competitor.colour());
        chart.addSeries(name, titles, speeds(workloads, competitor)).setFillColor(repeated ? colour : pale(colour));
    }

    private int runs(Workload workload, Competitor competitor) {
        return summary.ratio(workload, competitor, workload.headline()).count();
    }

    private static Color pale(Color colour) {
        return new Color(pale(colour.getRed()), pale(colour.getGreen()), pale(colour.getBlue()));
    }

    private static int pale(int component) {
        return WHITE - (WHITE - component) / 2;
    }

    private List<Double> speeds(List<Workload> workloads, Competitor competitor) {
        List<Double> speeds = new ArrayList<>();
        for (Workload workload : workloads) {
            Metric metric = workload.headline();
            Spread ratio = summary.ratio(workload, competitor, metric);
            double speed = metric.higherIsBetter() ? ratio.median() : 1 / ratio.median();
            if (speed > HIGHEST) {
                cut.add(String.format(Locale.ROOT, "%s, %s: %.1f", competitor.title(), workload.title(), speed));
            }
            speeds.add(ratio.isPresent() ? speed : null);
        }
        return speeds;
    }

    private static void style(CategoryChart chart) {
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, FONT_SIZE);
        chart.getStyler()
                .setChartBackgroundColor(Color.WHITE)
                .setChartTitleFont(font.deriveFont(Font.BOLD))
                .setLegendFont(font)
                .setLegendPosition(Styler.LegendPosition.OutsideE);
        chart.getStyler()
                .setAxisTickLabelsFont(font)
                .setAxisTitleFont(font)
                .setXAxisLabelRotation(LABEL_ROTATION)
                .setYAxisMin(0.0)
                .setYAxisMax(HIGHEST);
    }
}
