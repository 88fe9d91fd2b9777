package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Journal;
import io.evloop.testing.Programs;
import io.evloop.testing.TestLoop;
import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A dead worker that a debugger holds on to: a zombie, which its pidfd tells, and which only the debugger may reap. */
class TracedWorkerTest {

    private static final int SIGKILL = 9;
    private static final int FEW_TURNS = 100;
    private static final long HOLD_NANOS = 700_000_000;
    private static final Duration GRACE = Duration.ofMillis(100);

    /** By far less than a loop waits for a worker that does not end. */
    private static final long SOON_SECONDS = 8;

    private static final String TRACER = """
            import ctypes, sys
            PTRACE_SEIZE = 0x4206
            libc = ctypes.CDLL(None, use_errno=True)
            libc.ptrace.argtypes = [ctypes.c_long] * 4
            print('traces' if libc.ptrace(PTRACE_SEIZE, int(sys.argv[1]), 0, 0) == 0 else 'may not', flush=True)
            sys.stdin.read()
            """;

    private final Journal journal = new Journal();

    /** A debugger of one process. */
    private static final class Tracer implements AutoCloseable {

        private final Process process;

        Tracer(long pid) throws IOException {
            process = new ProcessBuilder("python3", "-c", TRACER, Long.toString(pid)).start();
        }

        void awaitHold() throws IOException {
            BufferedReader answer = process.inputReader();
            assumeTrue("traces".equals(answer.readLine()), "no right to trace");
        }

        void letGo() throws IOException {
            process.getOutputStream().close();
        }

        @Override
        public void close() throws IOException {
            process.destroyForcibly();
            process.inputReader().close();
        }
    }

    @BeforeEach
    void needsPython() {
        Programs.assumePython();
    }

    @Test
    void doesNotKeepTheLoopBusy() throws Exception {
        try (TestLoop test = TestLoop.open()) {
            EventLoop loop = test.loop();
            Worker worker = journal.of(Programs.actor("sleep")).start(loop);
            try (Tracer tracer = new Tracer(worker.pid())) {
                tracer.awaitHold();
                worker.kill();
                Await.turns(loop, "the pidfd", () -> loop.stats().events() > 0);
                long before = loop.stats().turns();
                for (long end = System.nanoTime() + HOLD_NANOS / 7; System.nanoTime() < end; ) {
                    loop.poll(10_000_000);
                }
                assertTrue(
                        loop.stats().turns() - before < FEW_TURNS,
                        () -> loop.stats().toString());
                tracer.letGo();
                assertEquals(SIGKILL, journal.awaitExit(loop).signal());
            }
        }
    }

    private static void holdOnWhileItCloses(EventLoop loop, Tracer tracer) throws IOException {
        Await.until("the close", loop::isClosed);
        long until = System.nanoTime() + HOLD_NANOS;
        Await.until("a while", () -> System.nanoTime() - until >= 0);
        tracer.letGo();
    }

    /** Killed before, or by the loop that closes. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void endsAClosingLoopOnceTheDebuggerLetsGoAndDoesNotKeepItBusyUntilThen(boolean before) throws Exception {
        try (TestLoop test = TestLoop.open(EventLoopOptions.builder().workerGrace(GRACE))) {
            EventLoop loop = test.loop();
            LoopStats stats = loop.stats();
            Worker worker = journal.of(Programs.actor("sleep")).start(loop);
            try (Tracer tracer = new Tracer(worker.pid())) {
                tracer.awaitHold();
                if (before) {
                    worker.kill();
                    Await.turns(loop, "the pidfd", () -> stats.events() > 0);
                }
                long waits = stats.waits();
                long begun = System.nanoTime();
                try (Background debugger = Background.run("debugger", () -> holdOnWhileItCloses(loop, tracer))) {
                    loop.close();
                    assertTrue(System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(SOON_SECONDS), "soon");
                }
                assertTrue(stats.waits() - waits < FEW_TURNS, stats::toString);
            }
            assertTrue(journal.exit().signal() > 0, "how it ended is known");
        }
    }
}
