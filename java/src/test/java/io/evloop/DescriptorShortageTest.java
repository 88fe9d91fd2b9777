package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Errno;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.Journal;
import io.evloop.testing.Programs;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts under a full table of descriptors: whichever of them is the one too many, those before it are given back. */
class DescriptorShortageTest {

    private static final String LIMIT = "80";

    /** A JVM that opens no file of the system while it runs, to learn of its memory. */
    private static final String QUIET = "-XX:-UseDynamicNumberOfCompilerThreads";

    // rows 36 and 41
    @ParameterizedTest
    @ValueSource(strings = {"plain", "files", "captured", "limited"})
    void everyStepOfAStartGivesBackWhatTheStepsBeforeItTook(String kind) throws Exception {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + LIMIT + "; exec \"$@\"", "sh"));
        List<String> program = Programs.inJava(Starving.class, kind);
        command.add(program.get(0));
        command.add(QUIET);
        command.addAll(program.subList(1, program.size()));
        JavaProcess.Result result = JavaProcess.run(command);
        assertEquals(0, result.exitCode(), result::output);
    }

    /** Gives a start one descriptor more from try to try, until it succeeds. */
    static final class Starving {

        private static final int MIN_FAILURES = 2;

        private Starving() {}

        public static void main(String[] arguments) throws IOException {
            WorkerBuilder builder = builderOf(arguments[0]);
            try (EventLoop loop = EventLoop.open()) {
                run(builder, loop); // loads every class that is needed, each of which takes a descriptor for a moment
                failOnPurpose(loop);
                Deque<Integer> hogs = new ArrayDeque<>();
                for (int fd = Native.eventFd(); fd >= 0; fd = Native.eventFd()) {
                    hogs.add(fd);
                }
                int failures = 0;
                while (!isStarted(builder, loop)) {
                    failures++;
                    Native.close(hogs.remove());
                }
                hogs.forEach(Native::close);
                assertEquals(0, ProcessHandle.current().children().count());
                assertTrue(failures >= MIN_FAILURES, failures + " failures");
            }
        }

        private static WorkerBuilder builderOf(String kind) {
            WorkerBuilder builder = Programs.actor();
            return switch (kind) {
                case "files" -> builder.stderr(Stdio.NULL);
                case "captured" ->
                    builder.stdout(Stdio.bytes((worker, bytes) -> {})).stderr(Stdio.lines(100, (worker, line) -> {}));
                case "limited" -> builder.limit(ResourceLimit.CORE, 0, 0);
                default -> Worker.command(Programs.inC("actor"));
            };
        }

        private static void run(WorkerBuilder builder, EventLoop loop) throws IOException {
            Journal journal = new Journal();
            journal.of(builder).start(loop);
            assertEquals(0, journal.awaitExit(loop).code());
        }

        private static void failOnPurpose(EventLoop loop) throws IOException {
            try {
                Worker.command("/no/such/program").start(loop);
                throw new AssertionError("started");
            } catch (IOException e) {
                openDescriptors();
            }
        }

        private static boolean isStarted(WorkerBuilder builder, EventLoop loop) throws IOException {
            int before = openDescriptors();
            try {
                run(builder, loop);
                return true;
            } catch (IOException e) {
                Await.until(before + " descriptors, as before: " + e.getMessage(), () -> openDescriptors() == before);
                return false;
            }
        }

        private static int openDescriptors() {
            int count = 0;
            for (int fd = 0; fd < Integer.parseInt(LIMIT); fd++) {
                if (Native.descriptorFlags(fd) != -Errno.EBADF) {
                    count++;
                }
            }
            return count;
        }
    }
}
