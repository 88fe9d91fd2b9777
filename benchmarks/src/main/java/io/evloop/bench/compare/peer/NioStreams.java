package io.evloop.bench.compare.peer;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** The JDK's own channels and selector. They cannot adopt a descriptor, hence a socket file. */
final class NioStreams {

    private static final long CONNECT_NANOS = 20_000_000_000L;

    private NioStreams() {}

    static ByteStreams open(Job job) throws IOException {
        Path file = Job.directory().resolve("socket");
        SocketChannel[] channels = job.role().connects() ? connect(job, file) : accept(job, file);
        return ChannelStreams.selecting(job, channels, Selector.open(), true);
    }

    private static SocketChannel[] accept(Job job, Path file) throws IOException {
        SocketChannel[] channels = new SocketChannel[job.pipes()];
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            // Bound under another name first: a client that sees the file can connect.
            Path unready = file.resolveSibling("unready");
            server.bind(UnixDomainSocketAddress.of(unready), job.pipes());
            Files.move(unready, file);
            for (int i = 0; i < channels.length; i++) {
                channels[i] = server.accept();
                ChannelStreams.setBuffers(channels[i], job.socketBuffer());
            }
        }
        return channels;
    }

    private static SocketChannel[] connect(Job job, Path file) throws IOException {
        awaitFile(file);
        SocketChannel[] channels = new SocketChannel[job.pipes()];
        for (int i = 0; i < channels.length; i++) {
            channels[i] = SocketChannel.open(StandardProtocolFamily.UNIX);
            ChannelStreams.setBuffers(channels[i], job.socketBuffer());
            channels[i].connect(UnixDomainSocketAddress.of(file));
        }
        return channels;
    }

    private static void awaitFile(Path file) throws IOException {
        long deadline = System.nanoTime() + CONNECT_NANOS;
        while (!Files.exists(file)) {
            if (System.nanoTime() - deadline > 0) {
                throw new SocketException("nobody listens at " + file);
            }
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                throw new InterruptedIOException("interrupted while waiting for " + file);
            }
        }
    }
}
