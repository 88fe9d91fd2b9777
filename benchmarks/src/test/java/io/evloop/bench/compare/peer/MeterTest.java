package io.evloop.bench.compare.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class MeterTest {

    private static final int MIB = 1024 * 1024;
    private static final long BUSY_NANOS = 30_000_000;
    private static final long DEADLINE_NANOS = 20_000_000_000L;

    private final Meter meter = new Meter();
    private byte[] held;

    private JsonObject result() {
        StringBuilder json = new StringBuilder("{\"side\":\"test\"");
        meter.appendTo(json);
        return JsonParser.parseString(json.append('}').toString()).getAsJsonObject();
    }

    @Test
    void countsTheFramesBetweenBeginAndEnd() {
        meter.frames(1000);
        meter.control(Wire.NOTHING);
        meter.control(Wire.BEGIN);
        assertEquals(0, meter.frames());
        meter.frames(10);
        meter.control(Wire.MIDDLE);
        meter.frames(30);
        meter.control(Wire.END);
        meter.frames(31);
        assertEquals(30, result().get("frames").getAsLong());
        assertEquals(10, result().get("firstHalfFrames").getAsLong());
    }

    @Test
    void takesTheTimeOfTheWindowAndOfItsFirstHalf() {
        long before = System.nanoTime();
        meter.control(Wire.BEGIN);
        burn();
        meter.control(Wire.MIDDLE);
        burn();
        meter.control(Wire.END);
        long longest = System.nanoTime() - before;
        long window = result().get("nanos").getAsLong();
        long half = result().get("firstHalfNanos").getAsLong();
        assertTrue(half >= BUSY_NANOS && window - half >= BUSY_NANOS && window <= longest, half + " of " + window);
    }

    @Test
    void tellsWhatTheCompilersTook() {
        CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
        long before = compilers.getTotalCompilationTime();
        meter.control(Wire.BEGIN);
        long within = compilers.getTotalCompilationTime();
        long deadline = System.nanoTime() + DEADLINE_NANOS;
        for (int i = 0; compilers.getTotalCompilationTime() < within + 2 && System.nanoTime() < deadline; i++) {
            Pattern.compile("(a|b" + i + ")+c?").matcher("abab" + i).matches(); // much that is new to the compilers
        }
        long least = compilers.getTotalCompilationTime() - within;
        meter.control(Wire.MIDDLE);
        meter.control(Wire.END);
        long most = compilers.getTotalCompilationTime() - before;
        long told = result().get("compileMillis").getAsLong();
        assertTrue(least >= 2 && told >= least && told <= most, least + " <= " + told + " <= " + most);
    }

    @Test
    void takesTheCpuTimeOfTheWindow() {
        burn();
        meter.control(Wire.BEGIN);
        meter.control(Wire.MIDDLE);
        burn();
        meter.control(Wire.END);
        assertTrue(result().get("cpuNanos").getAsLong() >= BUSY_NANOS / 2, result().toString());
    }

    @Test
    void countsTheHeapOfTheWindowOnly() {
        held = new byte[64 * MIB];
        meter.control(Wire.BEGIN);
        held = new byte[4 * MIB];
        meter.control(Wire.MIDDLE);
        meter.control(Wire.END);
        long heap = result().get("heapBytes").getAsLong();
        assertTrue(heap >= held.length && heap < 32 * MIB, heap + " bytes");
    }

    @Test
    void refusesAResultOfAWindowThatWasNotClosed() {
        meter.control(Wire.BEGIN);
        assertThrows(IllegalStateException.class, this::result);
        assertThrows(IllegalStateException.class, () -> new Meter().control(Wire.END));
    }

    /** Uses the CPU for {@link #BUSY_NANOS}. */
    private static void burn() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long start = threads.getCurrentThreadCpuTime();
        while (threads.getCurrentThreadCpuTime() - start < BUSY_NANOS) {
            Thread.onSpinWait();
        }
    }
}
