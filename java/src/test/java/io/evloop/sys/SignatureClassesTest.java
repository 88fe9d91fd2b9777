package io.evloop.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.frame.FrameLayout;
import io.evloop.testing.JavaProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the compiler says of the accesses to a buffer in a JVM that has done nothing else yet. */
class SignatureClassesTest {

    @Test
    void everyAccessToABufferIsInlined() throws IOException, InterruptedException {
        JavaProcess.Result jvm = JavaProcess.of(Accesses.class)
                .options("-XX:TieredStopAtLevel=4", "-Xbatch", "-XX:+UnlockDiagnosticVMOptions", "-XX:+PrintInlining")
                .run();
        assertEquals(0, jvm.exitCode(), jvm::output);
        List<String> lines = jvm.output().lines().toList();
        assertTrue(lines.stream().anyMatch(line -> line.contains("ScopedMemoryAccess::getIntUnaligned")), jvm::output);
        assertTrue(lines.stream().anyMatch(line -> line.contains("ScopedMemoryAccess::copyMemory")), jvm::output);
        assertEquals(
                List.of(),
                lines.stream()
                        .filter(line -> line.contains("unloaded signature classes"))
                        .toList());
    }

    /** Headers and payloads as a pipe writes and reads them, until they are compiled. */
    static final class Accesses {

        private static final int ROUNDS = 50_000;
        private static final int LENGTH = 64;

        private Accesses() {}

        public static void main(String[] arguments) {
            ByteBuffer source = ByteBuffer.allocateDirect(LENGTH);
            ByteBuffer target = ByteBuffer.allocateDirect(FrameLayout.HEADER_LENGTH + LENGTH);
            if (Native.addressOf(source) == 0) {
                throw new AssertionError("no address");
            }
            for (int round = 0; round < ROUNDS; round++) {
                write(target, source, round & FrameLayout.MAX_CHANNEL_ID);
                check(target, round & FrameLayout.MAX_CHANNEL_ID);
            }
        }

        private static void write(ByteBuffer target, ByteBuffer source, int channelId) {
            FrameLayout.putHeaderAndSpill(target, 0, channelId, LENGTH);
            target.put(FrameLayout.HEADER_LENGTH, source, 0, LENGTH);
        }

        private static void check(ByteBuffer target, int channelId) {
            if (FrameLayout.channelId(target, 0) != channelId || FrameLayout.length(target, 0) != LENGTH) {
                throw new AssertionError("not what was written");
            }
        }
    }
}
