package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.ForkedJvm;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A JVM whose direct memory is used up, in a process of its own. */
class OutOfDirectMemoryTest {

    private static final Map<String, String> LITTLE_MEMORY = Map.of("JDK_JAVA_OPTIONS", "-XX:MaxDirectMemorySize=8m");

    // row 52
    @ParameterizedTest
    @EnumSource(OutOfDirectMemory.Scene.class)
    void theLoopAndTheOtherPipesLive(OutOfDirectMemory.Scene scene) throws Exception {
        ForkedJvm jvm = ForkedJvm.run(OutOfDirectMemory.class, LITTLE_MEMORY, scene.name());
        assertEquals(0, jvm.exitCode(), jvm.output());
    }
}
