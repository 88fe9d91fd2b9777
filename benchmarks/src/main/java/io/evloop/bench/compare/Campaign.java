package io.evloop.bench.compare;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;

/**
 * Measures the steps of a plan in turn, and writes every sample down. A sample is set aside and taken again if its window is
 * not as long as asked for, twice at most, or if the JVM was still compiling, once.
 */
final class Campaign {

    private static final int MAX_MISFITS = 3;

    private final Runner runner;
    private final Timing timing;
    private final PrintWriter raw;
    private final Summary summary = new Summary();
    private int misfits;
    private int cold;

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
        boolean coldBefore = false;
        for (int attempt = 1; ; attempt++) {
            Sample sample = runner.run(step, coldBefore ? timing.withLongerWarmup() : timing);
            Optional<String> misfit = sample.misfit(timing.measureMillis());
            boolean isCold = misfit.isEmpty() && !coldBefore && !sample.isWarm();
            boolean kept = misfit.isEmpty() && !isCold;
            write(sample, attempt, kept);
            if (kept) {
                return sample;
            }
            if (isCold) {
                cold++;
                coldBefore = true;
                System.err.printf("%s: not warm (%s), once more%n", step.title(), sample.brief());
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

    private void write(Sample sample, int attempt, boolean kept) {
        JsonObject json = sample.toJson();
        json.addProperty("attempt", attempt);
        json.addProperty("kept", kept);
        raw.println(json);
    }

    /** What was set aside. */
    void appendTo(Machine machine) {
        machine.add(
                "windows measured again with twice the warm-up, as their second halves were the faster",
                Integer.toString(cold));
        machine.add("windows set aside, as they were not as long as asked for", Integer.toString(misfits));
    }
}
