package io.evloop.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What is made of the helper's reports; what it does is seen in {@code WorkerAttributesTest}. */
class ExecHelperTest {

    /** Here nobody has run it at all: the pipe ends in the same way. */
    @Test
    void aHelperThatDiedBeforeExecWasTakenForAStartedProgram() throws IOException {
        try (ExecHelper helper = ExecHelper.open()) {
            IOException e = assertThrows(IOException.class, () -> helper.awaitExec("true"));
            assertEquals("exec true: evloop-exec died before it", e.getMessage());
        }
    }
}
