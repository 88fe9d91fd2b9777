package io.evloop.sys;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.JavaProcess;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The environment, byte by byte. */
class EnvironmentTest {

    @Test
    void isWhatTheJvmSees() throws Exception {
        Map<String, String> entries = Environment.copy().entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> new String(entry.getValue(), UTF_8)));
        Map<String, String> expected = System.getenv().entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getKey() + "=" + entry.getValue()));
        assertEquals(expected, entries);
    }

    @Test
    void losesNoByteThatIsNoTextAndHasNoLimit() throws Exception {
        String script = "exec env \"$(printf 'N\\377\\303=v\\200=w\\n')\" EMPTY= LONG=\"$(printf %060000d 7)\" \"$@\"";
        JavaProcess.Result result =
                JavaProcess.of(Inspect.class).prefix("sh", "-c", script, "sh").run();
        assertEquals(0, result.exitCode(), result.output());
    }

    /** Looks at an environment that no decoder survives. */
    static final class Inspect {

        private Inspect() {}

        public static void main(String[] arguments) throws Exception {
            Map<String, byte[]> entries = Environment.copy();
            byte[] raw = entries.get("N\u00ff\u00c3");
            assertArrayEquals("N\u00ff\u00c3=v\u0080=w".getBytes(ISO_8859_1), raw);
            assertArrayEquals("EMPTY=".getBytes(UTF_8), entries.get("EMPTY"));
            String number = "LONG=" + "0".repeat(59_999) + "7";
            assertArrayEquals(number.getBytes(UTF_8), entries.get("LONG"));
        }
    }
}
