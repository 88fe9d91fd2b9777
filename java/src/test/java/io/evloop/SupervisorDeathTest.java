package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.EchoProgram;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.Proc;
import io.evloop.testing.Programs;
import io.evloop.testing.TestProcess;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The supervisor dies without a word: its workers read the end of their stream and leave. */
class SupervisorDeathTest {

    private static final String READY = "ready";
    private static final int WORKERS = 3;

    /** Starts workers of one language and tells their process ids once each has answered. */
    static final class Supervisor {

        private Supervisor() {}

        public static void main(String[] arguments) throws IOException {
            int[] answers = {0};
            try (EventLoop loop = EventLoop.open()) {
                for (int count = 0; count < WORKERS; count++) {
                    Worker worker = EchoProgram.valueOf(arguments[0])
                            .worker()
                            .onFrame((pipe, channelId, payload) -> answers[0]++)
                            .start(loop);
                    worker.pipe().writeFrame(1, new byte[] {1}, 0, 1);
                    System.out.print(worker.pid() + " ");
                }
                Await.turns(loop, "the answers", () -> answers[0] == WORKERS);
                System.out.println(READY);
                loop.run();
            }
        }
    }

    private static List<Long> pidsIn(String output) {
        String line =
                output.lines().filter(text -> text.endsWith(READY)).findFirst().orElseThrow();
        return Arrays.stream(line.split(" "))
                .filter(word -> !word.equals(READY))
                .map(Long::valueOf)
                .toList();
    }

    // row 49
    @ParameterizedTest
    @EnumSource
    void workersOfAKilledSupervisorLeave(EchoProgram program) throws Exception {
        Assumptions.assumeTrue(program.isAvailable(), "there is no python3 on the PATH");
        try (TestProcess supervisor = TestProcess.start(Programs.inJava(Supervisor.class, program.name()))) {
            Await.until("the workers", () -> supervisor.output().contains(READY) || !supervisor.isAlive());
            assertTrue(supervisor.isAlive(), supervisor::output);
            List<Long> pids = pidsIn(supervisor.output());
            assertFalse(pids.stream().anyMatch(Proc::hasEnded));
            supervisor.kill();
            for (long pid : pids) {
                Await.until("the end of worker " + pid, () -> Proc.hasEnded(pid));
            }
        }
    }

    /** A stopped worker cannot leave; it does once it goes on. */
    // row 49
    @Test
    void theEndOfTheStreamIsThereForAWorkerThatReadsLater() throws Exception {
        try (TestProcess supervisor = TestProcess.start(Programs.inJava(Supervisor.class, EchoProgram.C.name()))) {
            Await.until("the workers", () -> supervisor.output().contains(READY) || !supervisor.isAlive());
            long pid = pidsIn(supervisor.output()).get(0);
            signal(pid, "STOP");
            Await.until("the stop", () -> Proc.isStopped(pid));
            supervisor.kill();
            assertTrue(Proc.isStopped(pid));
            signal(pid, "CONT");
            Await.until("the end of worker " + pid, () -> Proc.hasEnded(pid));
        }
    }

    private static void signal(long pid, String name) throws Exception {
        JavaProcess.Result result = JavaProcess.run(List.of("sh", "-c", "kill -" + name + " " + pid));
        assertEquals(0, result.exitCode(), result::output);
    }
}
