package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.JavaProcess;
import io.evloop.testing.Programs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each system call that evloop makes fails once at each place, as far as it can, in a JVM of its own. */
class FaultInjectionTest {

    private static final long DEADLINE_SECONDS = 300;

    // rows 13, 19, 23, 30, 36
    @Test
    void whateverCallFailsIsSurvivedOrReportedAndLeavesNothing() throws Exception {
        Path control = Files.createTempFile("evloop-test-", ".faults");
        try {
            List<String> command = new ArrayList<>(
                    List.of("env", "LD_PRELOAD=" + Programs.inC("faults.so"), "EVLOOP_FAULTS=" + control));
            command.addAll(Programs.inJava(FaultRun.class, control.toString()));
            JavaProcess.Result result = JavaProcess.run(command, DEADLINE_SECONDS);
            assertEquals(0, result.exitCode(), result::output);
            System.out.println(result.output());
        } finally {
            Files.delete(control);
        }
    }
}
