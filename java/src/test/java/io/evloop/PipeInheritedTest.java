package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.ForkedJvm;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A process that takes itself for a worker. */
class PipeInheritedTest {

    @Test
    void withoutTheVariableSaysThatItIsNoWorker() throws Exception {
        ForkedJvm jvm = ForkedJvm.run(Program.class, Map.of());
        assertEquals(0, jvm.exitCode(), jvm.output());
        assertTrue(jvm.output().contains("EVLOOP_FD is not set"), jvm.output());
    }

    @ParameterizedTest
    @CsvSource({
        "three, 'EVLOOP_FD is no descriptor: three'",
        "7654, 'EBADF'",
        "1, 'EPERM'" // the output of this test: a regular file
    })
    void withAVariableThatNamesNoPipeSaysSo(String value, String message) throws Exception {
        ForkedJvm jvm = ForkedJvm.run(Program.class, Map.of("EVLOOP_FD", value));
        assertEquals(0, jvm.exitCode(), jvm.output());
        assertTrue(jvm.output().contains(message), jvm.output());
    }

    /** Prints why it has no supervisor. */
    static final class Program {

        private Program() {}

        public static void main(String... arguments) throws Exception {
            try (EventLoop loop = EventLoop.open()) {
                Pipe.inherited(loop);
                throw new AssertionError("inherited something");
            } catch (IOException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
