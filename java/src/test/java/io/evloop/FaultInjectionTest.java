package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.Faults;
import io.evloop.testing.JavaProcess;
import org.junit.jupiter.api.Test;

/** Each system call that evloop makes fails once at each place, as far as it can, in a JVM of its own. */
class FaultInjectionTest {

    private static final long DEADLINE_SECONDS = 300;

    // rows 13, 19, 23, 30, 36
    @Test
    void whateverCallFailsIsSurvivedOrReportedAndLeavesNothing() throws Exception {
        JavaProcess.Result result = Faults.run(DEADLINE_SECONDS, FaultRun.class);
        assertEquals(0, result.exitCode(), result::output);
        System.out.println(result.output());
    }
}
