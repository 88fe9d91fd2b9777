package io.evloop.bench.compare;

import java.util.List;
import java.util.Locale;

/** The tables for the README. */
final class MarkdownReport {

    /** From here on bytes a second say more than frames. */
    private static final int LARGE_PAYLOAD = 64 * 1024;

    private final Summary summary;
    private final Machine machine;
    private final String command;

    MarkdownReport(Summary summary, Machine machine, String command) {
        this.summary = summary;
        this.machine = machine;
        this.command = command;
    }

    String toMarkdown() {
        StringBuilder text = new StringBuilder();
        text.append("`").append(command).append("`: ").append(machine.caption()).append("; medians of ");
        text.append(machine.facts().get("runs")).append(" interleaved runs; in italics: one run alone.\n\n");
        machine.disturbances()
                .forEach(sign -> text.append("**Disturbed: ").append(sign).append(".**\n\n"));
        appendComparison(text);
        summary.failures()
                .forEach(failure -> text.append("\nFailed: ").append(failure).append('\n'));
        text.append('\n');
        appendGoals(text);
        return text.toString();
    }

    /** Absolute figures of the yardstick, ratios of the others. */
    private void appendComparison(StringBuilder text) {
        List<Competitor> competitors = summary.competitors().stream()
                .filter(competitor -> !competitor.isVariant())
                .toList();
        text.append("| work |");
        competitors.forEach(
                competitor -> text.append(' ').append(competitor.title()).append(" |"));
        text.append("\n|---|").append("---:|".repeat(competitors.size())).append('\n');
        for (Workload workload : summary.workloads()) {
            text.append("| ").append(workload.title());
            text.append(workload.isRoundTrip() ? ", p50 (less is better) |" : " |");
            for (Competitor competitor : competitors) {
                text.append(' ').append(cell(workload, competitor)).append(" |");
            }
            text.append('\n');
        }
    }

    private String cell(Workload workload, Competitor competitor) {
        Metric metric = workload.headline();
        Spread spread = summary.spread(workload, competitor, metric);
        if (!spread.isPresent()) {
            return "";
        }
        if (competitor.isYardstick()) {
            return inItalicsIfAlone(spread, absolute(workload, spread.median()));
        }
        Spread ratio = summary.ratio(workload, competitor, metric);
        if (!ratio.isPresent()) {
            return "";
        }
        return inItalicsIfAlone(ratio, Spread.twoDigits(ratio.median()) + " ×");
    }

    private static String inItalicsIfAlone(Spread spread, String text) {
        return spread.count() > 1 ? text : "*" + text + "*";
    }

    private static String absolute(Workload workload, double value) {
        if (workload.isRoundTrip()) {
            return String.format(Locale.ROOT, "%.1f µs", value / 1e3);
        }
        return workload.payloadLength() >= LARGE_PAYLOAD
                ? String.format(Locale.ROOT, "%.1f GB/s", value * workload.payloadLength() / 1e9)
                : String.format(Locale.ROOT, "%.1f M/s", value / 1e6);
    }

    private void appendGoals(StringBuilder text) {
        text.append("| work | goal | evloop: median (min–max) |\n|---|---|---|\n");
        for (Goal goal : Goal.ALL) {
            if (goal.reached().apply(summary).equals(Goal.NOT_MEASURED)) {
                continue;
            }
            text.append("| ")
                    .append(goal.work())
                    .append(" | ")
                    .append(goal.goal())
                    .append(" | ");
            text.append(goal.reached().apply(summary)).append(" |\n");
        }
    }
}
