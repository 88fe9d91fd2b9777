package io.evloop.bench.compare.peer;

import com.sun.management.ThreadMXBean;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The measured window of one side: frames, wall clock, CPU and heap. Its readings lie outside the window they bound. */
final class Meter {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final CompilationMXBean COMPILERS = ManagementFactory.getCompilationMXBean();

    private static final Path OWN_TASK = Path.of("/proc/thread-self");

    private OutputStream marks = OutputStream.nullOutputStream();
    private long frames;
    private boolean open;
    private boolean closed;
    private long beginNanos;
    private long middleNanos;
    private long endNanos;
    private long framesAtMiddle;
    private long framesAtEnd;
    private long cpuNanos;
    private long ownHeapBytes;
    private long otherHeapBytes;
    private long compileMillis;

    Meter() {
        rehearse();
        String path = System.getenv("EVLOOP_BENCH_MARKS");
        if (path != null) {
            try {
                marks = new FileOutputStream(path);
            } catch (FileNotFoundException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** What the JVM loads, links and allocates when a line runs for the first time is there before the window. */
    private void rehearse() {
        begin();
        control(Wire.MIDDLE);
        control(Wire.END);
        closed = false;
    }

    void frames(long count) {
        frames = count;
    }

    long frames() {
        return frames;
    }

    /** Between the beginning and the end. */
    boolean isOpen() {
        return open;
    }

    /** Behind the end. */
    boolean isClosed() {
        return closed;
    }

    /** When the window was opened. */
    long beginNanos() {
        return beginNanos;
    }

    void control(int code) {
        switch (code) {
            case Wire.BEGIN -> begin();
            case Wire.MIDDLE -> {
                framesAtMiddle = frames;
                middleNanos = System.nanoTime();
            }
            case Wire.END -> end();
            case Wire.NOTHING -> {}
            default -> throw new IllegalArgumentException("control code " + code);
        }
    }

    private void begin() {
        mark('b');
        open = true;
        frames = 0;
        compileMillis = -COMPILERS.getTotalCompilationTime();
        otherHeapBytes = -readOtherHeap();
        cpuNanos = -readOtherCpu() - THREADS.getCurrentThreadCpuTime();
        ownHeapBytes = -THREADS.getCurrentThreadAllocatedBytes();
        framesAtMiddle = 0;
        beginNanos = System.nanoTime();
        middleNanos = beginNanos; // if another pipe's end comes before the first one's middle
    }

    private void end() {
        if (!open) {
            throw new IllegalStateException("the end came before the beginning");
        }
        endNanos = System.nanoTime();
        framesAtEnd = frames; // replies that are under way still come
        ownHeapBytes += THREADS.getCurrentThreadAllocatedBytes();
        cpuNanos += THREADS.getCurrentThreadCpuTime();
        cpuNanos += readOtherCpu();
        otherHeapBytes += readOtherHeap();
        compileMillis += COMPILERS.getTotalCompilationTime();
        open = false;
        closed = true;
        mark('e');
    }

    private void mark(char mark) {
        try {
            marks.write(mark);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes allocated by the Java threads other than this one. */
    private static long readOtherHeap() {
        long[] ids = THREADS.getAllThreadIds();
        long[] bytes = THREADS.getThreadAllocatedBytes(ids);
        long sum = 0;
        for (int i = 0; i < ids.length; i++) {
            sum += ids[i] == Thread.currentThread().getId() || bytes[i] < 0 ? 0 : bytes[i];
        }
        return sum;
    }

    /**
     * CPU time of every thread other than this one, compilers and collectors too: the kernel's nanoseconds rather than the
     * JDK's ticks. What this thread needs to read it is outside the bracket, as its own time is read closer to the window.
     */
    private static long readOtherCpu() {
        long sum = 0;
        String own = ownTask();
        String[] tasks = new File("/proc/self/task").list();
        if (tasks == null) {
            throw new IllegalStateException("/proc/self/task cannot be read");
        }
        for (String task : tasks) {
            if (task.equals(own)) {
                continue;
            }
            try (FileInputStream file = new FileInputStream("/proc/self/task/" + task + "/schedstat")) {
                String line = new String(file.readAllBytes(), StandardCharsets.US_ASCII);
                sum += Long.parseLong(line.substring(0, line.indexOf(' ')));
            } catch (FileNotFoundException e) {
                continue; // the thread ended between list and open
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return sum;
    }

    private static String ownTask() {
        try {
            return Files.readSymbolicLink(OWN_TASK).getFileName().toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The fields of the result, as in {@code bench_meter.h}. */
    void appendTo(StringBuilder json) {
        if (!closed) {
            throw new IllegalStateException("the measurement was not closed");
        }
        json.append(",\"frames\":").append(framesAtEnd);
        json.append(",\"nanos\":").append(endNanos - beginNanos);
        json.append(",\"firstHalfFrames\":").append(framesAtMiddle);
        json.append(",\"firstHalfNanos\":").append(middleNanos - beginNanos);
        json.append(",\"cpuNanos\":").append(cpuNanos);
        json.append(",\"heapBytes\":").append(ownHeapBytes + Math.max(0, otherHeapBytes));
        json.append(",\"compileMillis\":").append(compileMillis);
    }
}
