package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.JavaProcess;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A JVM whose direct memory is used up, in a process of its own. */
class OutOfDirectMemoryTest {

    private static final String LITTLE_MEMORY = "-XX:MaxDirectMemorySize=8m";

    // row 52
    @ParameterizedTest
    @EnumSource(OutOfDirectMemory.Scene.class)
    void theLoopAndTheOtherPipesLive(OutOfDirectMemory.Scene scene) throws Exception {
        JavaProcess.Result jvm =
                JavaProcess.of(OutOfDirectMemory.class).options(LITTLE_MEMORY).run(scene.name());
        assertEquals(0, jvm.exitCode(), jvm.output());
    }
}
