package io.evloop.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.evloop.EventLoop;
import io.evloop.Frame;
import io.evloop.Pipe;
import io.evloop.PipeOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A pipe with an evil peer at the other end, and the record of what its handlers heard: {@code "7:text"} for a frame,
 * {@code "end"}, {@code "drain"}, {@code "closed"}. The pipe itself is closed by its loop.
 */
public final class PeeredPipe implements AutoCloseable {

    private final Pipe pipe;
    private final RawSocket peer;
    private final List<String> heard = new ArrayList<>();
    private Throwable cause;

    private PeeredPipe(Pipe pipe, RawSocket peer) {
        this.pipe = pipe;
        this.peer = peer;
        pipe.onClose((closed, why) -> {
            heard.add("closed");
            cause = why;
        });
    }

    public static PeeredPipe adopt(EventLoop loop) throws IOException {
        return adopt(loop, PipeOptions.DEFAULT);
    }

    /** Nothing is handled yet but the close. */
    public static PeeredPipe adopt(EventLoop loop, PipeOptions options) throws IOException {
        RawSocket[] pair = RawSocket.pair();
        Pipe pipe = Pipe.adopt(loop, pair[0].fd(), 0, options);
        pair[0].release();
        return new PeeredPipe(pipe, pair[1]);
    }

    /** Records each frame that is pushed. */
    public PeeredPipe pushed() {
        pipe.onFrame((from, channelId, payload) -> heard.add(channelId + ":" + Frames.latin(payload)));
        return this;
    }

    /** Records each frame that is pulled, all that are there at each call; bad ones as {@code "7 of 0 invalid"}. */
    public PeeredPipe pulled() {
        pipe.onReadable(from -> {
            for (Frame frame = from.readFrame(); frame != null; frame = from.readFrame()) {
                heard.add(describe(frame));
            }
        });
        return this;
    }

    /** What is recorded of a frame. */
    public static String describe(Frame frame) {
        return frame.isValid()
                ? frame.channelId() + ":" + Frames.latin(frame.payload())
                : frame.channelId() + " of " + frame.declaredLength() + " invalid";
    }

    /** What is recorded of a frame that was made by hand. */
    public static String describe(int channelId, byte[] payload) {
        return channelId + ":" + new String(payload, ISO_8859_1);
    }

    /** Records the peer's half-close, and leaves the pipe open. */
    public PeeredPipe keptOpen() {
        pipe.onEnd(from -> heard.add("end"));
        return this;
    }

    /** Records each drain. */
    public PeeredPipe drained() {
        pipe.onDrain(from -> heard.add("drain"));
        return this;
    }

    public Pipe pipe() {
        return pipe;
    }

    public RawSocket peer() {
        return peer;
    }

    /** What was heard up to now. */
    public List<String> heard() {
        return heard;
    }

    /** What was heard since the last call. */
    public List<String> takeHeard() {
        List<String> taken = List.copyOf(heard);
        heard.clear();
        return taken;
    }

    public boolean isClosed() {
        return heard.contains("closed");
    }

    /** Takes turns until {@code onClose} was called; returns its cause. */
    public Throwable awaitClose() {
        Await.turns(pipe.connection().loop(), "the close of " + pipe, this::isClosed);
        return cause;
    }

    /** Takes turns until the peer has so many bytes; returns all that it has by then. */
    public byte[] peerReads(int length) {
        return Await.bytes(pipe.connection().loop(), peer, length);
    }

    @Override
    public void close() throws IOException {
        peer.close();
    }
}
