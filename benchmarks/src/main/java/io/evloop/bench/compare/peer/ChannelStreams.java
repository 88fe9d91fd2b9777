package io.evloop.bench.compare.peer;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;

/** Streams that are {@link SocketChannel}s, the JDK's or another library's, with the selector of the same library. */
final class ChannelStreams implements ByteStreams {

    /** On Linux the JDK tells half of what the kernel counts, as that doubles what it is asked for: socket(7). */
    private static final int JDK_HALVES = 2;

    private final SocketChannel[] channels;
    private final Selector selector;
    private final SelectionKey[] keys;
    private final boolean spinning;
    private final boolean socketsAreOwn;
    private final ByteBuffer[] parts = new ByteBuffer[2];
    private final int[] ready;
    private final Consumer<SelectionKey> collector = this::collect;
    private int readyCount;
    private boolean drained = true;

    private ChannelStreams(Job job, SocketChannel[] channels, Selector selector, boolean socketsAreOwn)
            throws IOException {
        this.channels = channels;
        this.selector = selector;
        this.socketsAreOwn = socketsAreOwn;
        spinning = job.spinning();
        keys = new SelectionKey[channels.length];
        ready = new int[channels.length];
        boolean writes = channels.length > 1 && job.role() == Job.Role.SENDER;
        for (int i = 0; i < channels.length && selector != null; i++) {
            channels[i].configureBlocking(false);
            keys[i] = channels[i].register(selector, writes ? SelectionKey.OP_WRITE : SelectionKey.OP_READ, i);
        }
    }

    /** Non-blocking channels and a selector. */
    static ByteStreams selecting(Job job, SocketChannel[] channels, Selector selector, boolean socketsAreOwn)
            throws IOException {
        return new ChannelStreams(job, channels, selector, socketsAreOwn);
    }

    /** One channel that blocks in its own read and write. */
    static ByteStreams blocking(Job job, SocketChannel channel, boolean socketsAreOwn) throws IOException {
        channel.configureBlocking(true);
        return new ChannelStreams(job, new SocketChannel[] {channel}, null, socketsAreOwn);
    }

    static void setBuffers(SocketChannel channel, int bytes) throws IOException {
        if (bytes > 0) {
            channel.setOption(StandardSocketOptions.SO_SNDBUF, bytes);
            channel.setOption(StandardSocketOptions.SO_RCVBUF, bytes);
        }
    }

    private boolean waitsAlone() {
        return selector != null && channels.length == 1 && !spinning;
    }

    @Override
    public int read(int stream, ByteBuffer target) throws IOException {
        if (drained && waitsAlone()) {
            selector.select(ChannelStreams::ignore);
        }
        int count = channels[stream].read(target);
        drained = target.hasRemaining(); // a short read: nothing is left, so ask the selector first
        return count;
    }

    @Override
    public void write(int stream, ByteBuffer source) throws IOException {
        if (channels[stream].write(source) == 0) {
            awaitRoom();
        }
    }

    @Override
    public void write(int stream, ByteBuffer first, ByteBuffer second) throws IOException {
        parts[0] = first;
        parts[1] = second;
        if (channels[stream].write(parts) == 0) {
            awaitRoom();
        }
    }

    /** For a stream that is alone; of many, one that takes nothing waits for its turn. */
    private void awaitRoom() throws IOException {
        if (waitsAlone()) {
            keys[0].interestOps(SelectionKey.OP_WRITE);
            selector.select(ChannelStreams::ignore);
            keys[0].interestOps(SelectionKey.OP_READ);
        }
    }

    @Override
    public int await() throws IOException {
        readyCount = 0;
        if (spinning) {
            selector.selectNow(collector);
        } else {
            selector.select(collector);
        }
        return readyCount;
    }

    /** Which stream it is, is known: it is alone. */
    private static void ignore(SelectionKey key) {}

    private void collect(SelectionKey key) {
        ready[readyCount++] = (Integer) key.attachment();
    }

    @Override
    public int ready(int index) {
        return ready[index];
    }

    @Override
    public void close(int stream) throws IOException {
        channels[stream].close();
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel channel : channels) {
            channel.close();
        }
        if (selector != null) {
            selector.close();
        }
    }

    @Override
    public int sendBuffer() throws IOException {
        return socketsAreOwn ? JDK_HALVES * channels[0].getOption(StandardSocketOptions.SO_SNDBUF) : 0;
    }
}
