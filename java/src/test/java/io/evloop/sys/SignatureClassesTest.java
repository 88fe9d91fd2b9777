package io.evloop.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.frame.FrameLayout;
import io.evloop.testing.JavaProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
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

    /** Here it is asked of the JDK itself which they are: what the compiler says depends on what else was loaded when. */
    @Test
    void everyClassOfTheirSignaturesIsLoadedWithTheLibrary() throws IOException, InterruptedException {
        JavaProcess.Result jvm =
                JavaProcess.of(Signatures.class).options("-Xlog:class+load").run();
        assertEquals(0, jvm.exitCode(), jvm::output);
        String[] parts = jvm.output().split(Signatures.MARK);
        List<String> names = parts[1].lines()
                .filter(line -> line.startsWith(Signatures.NAME))
                .map(line -> line.substring(Signatures.NAME.length()))
                .toList();
        assertTrue(names.size() > 1, jvm::output);
        for (String name : names) {
            assertTrue(parts[0].contains(" " + name + " source:"), () -> name + " is not loaded:\n" + parts[0]);
        }
    }

    /** Loads the library, and then names the classes in the signatures of the JDK's accessors. */
    static final class Signatures {

        static final String MARK = "the library is loaded";
        static final String NAME = "signature: ";

        private static final Set<String> ACCESSORS =
                Set.of("bufferSegment", "getShortUnaligned", "getIntUnaligned", "getLongUnaligned", "copyMemory");

        private Signatures() {}

        public static void main(String[] arguments) throws ClassNotFoundException {
            Native.ioVectorMax();
            System.out.println(MARK);
            for (String owner : List.of("jdk.internal.misc.ScopedMemoryAccess", "jdk.internal.access.JavaNioAccess")) {
                Arrays.stream(Class.forName(owner).getDeclaredMethods())
                        .filter(method -> ACCESSORS.contains(method.getName()))
                        .flatMap(method -> Stream.concat(
                                Stream.of(method.getReturnType()), Arrays.stream(method.getParameterTypes())))
                        .filter(type -> !type.isPrimitive())
                        .distinct()
                        .forEach(type -> System.out.println(NAME + type.getName()));
            }
        }
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
