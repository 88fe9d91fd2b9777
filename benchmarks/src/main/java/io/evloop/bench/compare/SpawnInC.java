package io.evloop.bench.compare;

import io.evloop.bench.Build;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import org.HdrHistogram.Histogram;

/** The program that spawns in C, started once: its memory takes longer to come than the rounds. */
final class SpawnInC implements AutoCloseable {

    private final Process process;
    private final Writer counts;
    private final BufferedReader nanos;

    private SpawnInC(Process process) {
        this.process = process;
        this.counts = process.outputWriter(StandardCharsets.US_ASCII);
        this.nanos = process.inputReader(StandardCharsets.US_ASCII);
    }

    static SpawnInC open(String program, long residentBytes) throws IOException {
        return new SpawnInC(
                new ProcessBuilder(Build.program("bench_spawn").toString(), program, Long.toString(residentBytes))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start());
    }

    /** One after the other, each to its exit. */
    void start(int count, Histogram into) throws IOException {
        counts.write(count + "\n");
        counts.flush();
        for (int done = 0; done < count; done++) {
            String line = nanos.readLine();
            if (line == null) {
                throw new IOException("bench_spawn has failed");
            }
            into.recordValue(Long.parseLong(line));
        }
    }

    @Override
    public void close() throws IOException {
        counts.close();
        try {
            if (process.waitFor() != 0) {
                throw new IOException("bench_spawn has failed");
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
        }
    }
}
