package io.evloop.bench.compare;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;

/**
 * Measures the steps of a plan in turn, and writes every sample down. A sample is set aside and taken again, twice at most, if a
 * JVM was still compiling, with twice the warm-up; and twice at most if its window is not as long as asked for.
 */
final class Campaign {

    private static final int MAX_MISFITS = 3;
    private static final int MAX_COLD = 2;

    private final Runner runner;
    private final Timing timing;
    private final PrintWriter raw;
    private final Summary summary = new Summary();
    private int misfits;
    private int cold;
    private int keptCold;

    /** How one sample is taken. */
    @FunctionalInterface
    interface Runner {
        Sample run(Plan.Step step, Timing timing) throws IOException, InterruptedException, PairRunner.FailedException;
    }

    Campaign(Runner runner, Timing timing, PrintWriter raw) {
        this.runner = runner;
        this.timing = timing;
        this.raw = raw;
    }

    Summary measure(Plan plan) throws IOException, InterruptedException {
        int done = 0;
        for (Plan.Step step : plan.steps()) {
            done++;
            String where = "[" + done + "/" + plan.steps().size() + "] " + step.title();
            try {
                Sample sample = measure(step);
                summary.add(sample);
                System.err.println(where + ": " + sample.brief());
            } catch (PairRunner.FailedException e) {
                summary.addFailure(step.title() + ": " + e.getMessage());
                System.err.println(where + " FAILED: " + e.getMessage());
            }
            if (raw.checkError()) {
                throw new IOException("the raw results could not be written");
            }
        }
        return summary;
    }

    private Sample measure(Plan.Step step) throws IOException, InterruptedException, PairRunner.FailedException {
        int misfitsHere = 0;
        int coldHere = 0;
        for (int attempt = 1; ; attempt++) {
            Timing used = coldHere > 0 ? timing.withLongerWarmup() : timing;
            Sample sample = runner.run(step, used);
            boolean isTooCold = !sample.isWarm() && coldHere < MAX_COLD;
            Optional<String> misfit = sample.misfit(timing.measureMillis());
            boolean kept = !isTooCold && misfit.isEmpty();
            write(sample, used, attempt, kept);
            if (kept) {
                keptCold += sample.isWarm() ? 0 : 1;
                return sample;
            }
            if (isTooCold) {
                cold++;
                coldHere++;
                System.err.printf("%s: still compiling (%s), once more%n", step.title(), sample.brief());
                continue;
            }
            misfits++;
            misfitsHere++;
            if (misfitsHere == MAX_MISFITS) {
                throw new PairRunner.FailedException(misfit.get() + ", at the last of " + attempt + " attempts");
            }
            System.err.printf("%s: %s, once more%n", step.title(), misfit.get());
        }
    }

    private void write(Sample sample, Timing used, int attempt, boolean kept) {
        JsonObject json = sample.toJson();
        json.addProperty("warmupMillis", used.warmupMillis(sample.competitor()));
        json.addProperty("attempt", attempt);
        json.addProperty("kept", kept);
        raw.println(json);
    }

    /** What was set aside. */
    void appendTo(Machine machine) {
        machine.add("windows measured again with twice the warm-up, as a JVM was compiling", Integer.toString(cold));
        machine.add("windows kept though a JVM was compiling", Integer.toString(keptCold));
        machine.add("windows set aside, as they were not as long as asked for", Integer.toString(misfits));
    }
}
