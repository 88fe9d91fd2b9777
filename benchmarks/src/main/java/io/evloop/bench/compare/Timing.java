package io.evloop.bench.compare;

/**
 * How long a measurement takes.
 *
 * @param javaWarmupMillis from the first frame to the beginning of the window, for a JVM to compile; twice that for Netty
 * @param cWarmupMillis the same for C
 * @param measureMillis the window
 */
record Timing(int javaWarmupMillis, int cWarmupMillis, int measureMillis) {

    private static final int JAVA_START_MILLIS = 350;
    private static final int C_START_MILLIS = 20;

    int warmupMillis(Competitor competitor) {
        if (competitor.language() == Competitor.Language.C) {
            return cWarmupMillis;
        }
        return competitor.isSlowToWarm() ? 2 * javaWarmupMillis : javaWarmupMillis;
    }

    /** The same with twice the time to compile. */
    Timing withLongerWarmup() {
        return new Timing(javaWarmupMillis * 2, cWarmupMillis, measureMillis);
    }

    /** What one measurement takes, about. */
    int totalMillis(Competitor competitor) {
        boolean c = competitor.language() == Competitor.Language.C;
        return (c ? C_START_MILLIS : JAVA_START_MILLIS) + warmupMillis(competitor) + measureMillis;
    }
}
