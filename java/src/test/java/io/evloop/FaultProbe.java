package io.evloop;

import io.evloop.error.EventLoopClosedException;
import io.evloop.error.NativeIoException;
import io.evloop.error.TruncatedFrameException;
import io.evloop.sys.Errno;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/** One try of a scenario in which one system call fails: what was heard of it, and whether that is as documented. */
final class FaultProbe {

    /** Thrown by {@link #await}: what the scenario waits for cannot come any more. */
    static final class EndedEarly extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** What is waited for; asked between the turns. */
    @FunctionalInterface
    interface Condition {
        boolean isMet() throws Exception;
    }

    /** How a try ended. */
    enum Verdict {
        SURVIVED,
        REPORTED
    }

    private static final long DEADLINE_NANOS = 5_000_000_000L;
    private static final long POLL_NANOS = 5_000_000;
    private static final long PARK_NANOS = 20_000;

    /** EEXIST: what could not be taken out of an epoll is still in it. */
    private static final List<Integer> CONSEQUENCES =
            List.of(Errno.EPIPE, Errno.ECONNRESET, Errno.ENOTCONN, Errno.EEXIST);

    private final String call;
    private final int error;
    private final Queue<Throwable> heard = new ConcurrentLinkedQueue<>();

    /**
     * @param call null = nothing is to fail
     */
    FaultProbe(String call, int error) {
        this.call = call;
        this.error = error;
    }

    /** A loop whose errors are heard here. */
    EventLoop openLoop() throws IOException {
        return EventLoop.open(options().build());
    }

    /** Options of such loops. */
    EventLoopOptions.Builder options() {
        return EventLoopOptions.builder()
                .workerGrace(Duration.ofMillis(200))
                .errorHandler((source, problem) -> heard.add(problem));
    }

    /** For {@code onClose} and {@code onFailure}. */
    void ended(Throwable cause) {
        if (cause != null) {
            heard.add(cause);
        }
    }

    /** Takes turns until {@code done}; ends early if {@code lost}. */
    void await(EventLoop loop, String what, Condition done, BooleanSupplier lost) throws Exception {
        long start = System.nanoTime();
        while (!done.isMet()) {
            check(start, what, lost);
            loop.poll(POLL_NANOS);
        }
    }

    /** Waits for what other threads do; ends early as {@link #await}. */
    void awaitOthers(String what, Condition done, BooleanSupplier lost) throws Exception {
        long start = System.nanoTime();
        while (!done.isMet()) {
            check(start, what, lost);
            LockSupport.parkNanos(PARK_NANOS);
        }
    }

    private static void check(long start, String what, BooleanSupplier lost) throws EndedEarly {
        if (lost.getAsBoolean()) {
            throw new EndedEarly();
        }
        if (System.nanoTime() - start > DEADLINE_NANOS) {
            throw new AssertionError("waited in vain for " + what);
        }
    }

    /** How much was heard so far. */
    int heardCount() {
        return heard.size();
    }

    /** Whether it is one of these calls that fails. */
    boolean fails(String... calls) {
        return Arrays.asList(calls).contains(call);
    }

    /** Whether the injected error was heard. */
    boolean hasHeardTheFault() {
        return heard.stream().anyMatch(this::tellsTheFault);
    }

    /**
     * Whether the end is as documented.
     *
     * @param thrown by the scenario; null = it has succeeded
     * @throws AssertionError if it is not
     */
    Verdict judge(Throwable thrown) {
        if (thrown != null && !(thrown instanceof EndedEarly)) {
            heard.add(thrown);
        }
        boolean told = hasHeardTheFault();
        for (Throwable problem : heard) {
            if (problem instanceof AssertionError || !tellsTheFault(problem) && !(told && isConsequence(problem))) {
                throw failure("something else was heard");
            }
        }
        if (thrown == null && heard.isEmpty()) {
            return Verdict.SURVIVED;
        }
        if (call == null || FaultPlan.mustSurvive(error)) {
            throw failure("it should have been survived");
        }
        if (!told) {
            throw failure("nobody was told");
        }
        return thrown == null ? Verdict.SURVIVED : Verdict.REPORTED;
    }

    private boolean tellsTheFault(Throwable problem) {
        return call != null
                && anyOf(
                        problem,
                        one -> one instanceof NativeIoException e
                                && e.errno() == error
                                && FaultPlan.reportedAs(call).contains(e.systemCall()));
    }

    /** What the other end, or the rest, of what has failed may hear. */
    private static boolean isConsequence(Throwable problem) {
        return problem instanceof TruncatedFrameException
                || problem instanceof EventLoopClosedException
                || problem instanceof IllegalStateException && "the event loop is closed".equals(problem.getMessage())
                || anyOf(problem, one -> one instanceof RejectedExecutionException)
                || problem instanceof NativeIoException e && CONSEQUENCES.contains(e.errno());
    }

    private static boolean anyOf(Throwable problem, Predicate<Throwable> condition) {
        if (problem == null || condition.test(problem)) {
            return problem != null;
        }
        for (Throwable suppressed : problem.getSuppressed()) {
            if (anyOf(suppressed, condition)) {
                return true;
            }
        }
        return anyOf(problem.getCause(), condition);
    }

    private AssertionError failure(String what) {
        StringWriter text = new StringWriter();
        text.append(what).append("; heard ").append(String.valueOf(heard.size()));
        for (Throwable problem : heard) {
            problem.printStackTrace(new PrintWriter(text.append('\n'), true));
        }
        return new AssertionError(text.toString());
    }
}
