package io.evloop.bench;

import io.evloop.epoll.Epoll;
import io.evloop.sys.Native;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The way into C and back: alone, with the cheapest of system calls, and with the loop's own. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = BenchmarkJvm.NATIVE_ACCESS)
public class NativeCallBenchmark {

    private Epoll epoll;

    @Setup
    public void open() throws IOException {
        epoll = Epoll.open(1);
    }

    @TearDown
    public void close() throws IOException {
        epoll.close();
    }

    /** The transition alone: the function returns a constant. */
    @Benchmark
    public int transition() {
        return Native.epollEventSize();
    }

    /** With a system call that does next to nothing, {@code fcntl(F_GETFL)}. */
    @Benchmark
    public int systemCall() {
        return Native.statusFlags(epoll.fd());
    }

    /** {@code epoll_wait} that finds nothing. */
    @Benchmark
    public int emptyWait() throws IOException {
        return epoll.await(0);
    }
}
