package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evloop.testing.JavaProcess;
import io.evloop.testing.Journal;
import io.evloop.testing.Programs;
import io.evloop.testing.Resources;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A kernel, or a container's filter, without one of the newer system calls. */
class MissingSystemCallTest {

    private static final int NO_FILTERS = 77;

    private static String outputWithout(String systemCall) throws Exception {
        List<String> command = new ArrayList<>(List.of(Programs.inC("without"), systemCall));
        command.addAll(Programs.inJava(Starting.class));
        JavaProcess.Result result = JavaProcess.run(command);
        assumeTrue(result.exitCode() != NO_FILTERS, "there are no seccomp filters here");
        assertEquals(0, result.exitCode(), result::output);
        return result.output().strip();
    }

    // row 46
    @Test
    void withoutPidfdOpenAStartFailsAndLeavesNothing() throws Exception {
        assertEquals("pidfd_open: ENOSYS (Function not implemented), left:", outputWithout("pidfd_open"));
    }

    // row 46
    @Test
    void withoutCloseRangeDescriptorsAreClosedAllTheSame() throws Exception {
        assertEquals("0 1 2 3, left:", outputWithout("close_range"));
    }

    /** Tells which descriptors a worker has, or why there is none; and what this process has more of than before. */
    static final class Starting {

        private Starting() {}

        public static void main(String[] arguments) throws IOException {
            try (EventLoop loop = EventLoop.open()) {
                Resources before = Resources.now();
                System.out.print(outcomeOfAStart(loop));
                System.out.println(", left: " + Resources.now().surplusOver(before));
            }
        }

        private static String outcomeOfAStart(EventLoop loop) {
            Journal journal = new Journal();
            try {
                journal.of(Programs.actor("descriptors")).start(loop);
            } catch (IOException e) {
                return e.getMessage();
            }
            journal.awaitExit(loop);
            List<String> numbers = journal.texts(text -> true).stream()
                    .map(text -> text.substring(0, text.indexOf(' ')))
                    .sorted()
                    .toList();
            return String.join(" ", numbers);
        }
    }
}
