package io.evloop;

import io.evloop.buffer.InputBuffer;
import io.evloop.buffer.OutputQueue;
import io.evloop.error.InvalidFrameException;
import io.evloop.error.TruncatedFrameException;
import io.evloop.frame.FrameLayout;
import io.evloop.frame.FrameReader;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** The protocol of a pipe: takes frames out of the unread bytes and hands them on, pushed or pulled. */
final class FrameInput implements Protocol {

    private static final int SHOWN_BYTES = 48;

    /** Unread bytes that a pipe of small frames may hold: what two reads bring. */
    private static final int READ_AHEAD = 256 * 1024;

    private final Pipe pipe;
    private final Endpoint endpoint;
    private final Inbound inbound;
    private final InputBuffer input;
    private final PipeStats stats;
    private final FrameReader reader;
    private FrameHandler handler;
    private ChannelHandlers channelHandlers;
    private Consumer<Pipe> readableHandler;
    private Frame frame;
    private boolean declined;

    FrameInput(Pipe pipe, Endpoint endpoint, int maxFrameLength) {
        this.pipe = pipe;
        this.endpoint = endpoint;
        this.inbound = endpoint.inbound();
        this.input = inbound.buffer();
        this.stats = endpoint.stats();
        this.reader = new FrameReader(maxFrameLength);
    }

    // handlers ---------------------------------------------------------------------------------------------------

    void handler(FrameHandler newHandler) {
        checkMode(readableHandler == null);
        handler = newHandler;
        inbound.changed();
    }

    void handler(int channelId, FrameHandler newHandler) {
        checkMode(readableHandler == null);
        if (channelHandlers == null) {
            channelHandlers = new ChannelHandlers();
        }
        channelHandlers.set(channelId, newHandler);
        inbound.changed();
    }

    void readableHandler(Consumer<Pipe> newHandler) {
        checkMode(handler == null && channelHandlers == null);
        readableHandler = newHandler;
        inbound.changed();
    }

    private void checkMode(boolean right) {
        if (!right) {
            throw new IllegalStateException("a pipe either pushes (onFrame) or is pulled (onReadable): " + pipe);
        }
    }

    private FrameHandler handlerOf(int channelId) {
        FrameHandler own = channelHandlers == null ? null : channelHandlers.get(channelId);
        return own == null ? handler : own;
    }

    int maxFrameLength() {
        return reader.maxFrameLength();
    }

    // Protocol ---------------------------------------------------------------------------------------------------

    @Override
    public boolean wantsInput() {
        return handler != null || channelHandlers != null || readableHandler != null;
    }

    @Override
    public int unreadLimit() {
        return Math.max(READ_AHEAD, FrameLayout.HEADER_LENGTH + reader.maxFrameLength());
    }

    @Override
    public void onInput() {
        declined = false;
    }

    @Override
    public boolean isReady() {
        return wantsInput() && !declined && holdsFrame();
    }

    @Override
    public boolean holdsEnd() {
        return holdsFrame();
    }

    private boolean holdsFrame() {
        return input.length() >= FrameLayout.HEADER_LENGTH && next() != FrameReader.INCOMPLETE;
    }

    private int next() {
        return reader.next(input.bytes(), input.start(), input.end());
    }

    @Override
    public int deliver(int limit, int bytes) {
        if (readableHandler != null) {
            return offer();
        }
        return wantsInput() && !input.isEmpty() ? push(limit, bytes) : 0;
    }

    private int push(int limit, int byteLimit) {
        final InputBuffer unread = input;
        final FrameReader frames = reader;
        final ByteBuffer bytes = unread.bytes();
        final int end = unread.end();
        final int stop = unread.start() + Math.min(byteLimit, unread.length());
        int position = unread.start();
        int count = 0;
        try {
            while (count < limit && position < stop && inbound.isDelivering()) {
                final int result = frames.next(bytes, position, end);
                if (result != FrameReader.FRAME) {
                    if (result == FrameReader.INVALID) {
                        endpoint.closeWith(invalidFrame(pipe, frames, unread));
                    }
                    break;
                }
                position = frames.end(); // consumed, whatever the handler does
                count++;
                final FrameHandler target = handlerOf(frames.channelId());
                if (target == null) {
                    stats.droppedFrames++;
                } else {
                    handOver(target, frames.channelId(), unread.view(frames.payload(), position));
                }
            }
        } finally {
            unread.start(position);
            unread.hideView();
            stats.framesIn += count;
            endpoint.context().stats.frames += count;
        }
        return count;
    }

    private void handOver(FrameHandler target, int channelId, ByteBuffer payload) {
        if (endpoint.context().tracesHandlers) {
            handOverTraced(target, channelId, payload);
        } else {
            target.onFrame(pipe, channelId, payload);
        }
    }

    private void handOverTraced(FrameHandler target, int channelId, ByteBuffer payload) {
        HandlerEvent event = HandlerEvent.start(endpoint.context());
        try {
            target.onFrame(pipe, channelId, payload);
        } finally {
            HandlerEvent.finish(event, pipe);
        }
    }

    private int offer() {
        if (!isReady()) {
            return 0;
        }
        int unread = input.length();
        HandlerEvent event = HandlerEvent.start(endpoint.context());
        try {
            readableHandler.accept(pipe);
        } finally {
            HandlerEvent.finish(event, pipe);
            declined = input.length() == unread;
            input.hideView();
            endpoint.context().stats.frames++;
        }
        return 1;
    }

    /** See {@link Pipe#readFrame}. */
    Frame readFrame() {
        checkMode(handler == null && channelHandlers == null);
        if (endpoint.isClosed() || inbound.isPaused() || input.length() < FrameLayout.HEADER_LENGTH) {
            return null;
        }
        int result = next();
        if (result == FrameReader.INCOMPLETE) {
            return null;
        }
        if (frame == null) {
            frame = new Frame();
        }
        stats.framesIn++;
        if (result == FrameReader.FRAME) {
            input.start(reader.end());
            frame.wrap(reader, input.view(reader.payload(), reader.end()));
        } else {
            input.start(reader.payload()); // the reader begins anew behind the bad header
            frame.wrap(reader, null);
        }
        inbound.consumed();
        return frame;
    }

    /** For the invalid frame that the reader has just found at the start of the unread bytes. */
    static InvalidFrameException invalidFrame(Object pipe, FrameReader reader, InputBuffer input) {
        PipeEvent.invalidFrame(pipe, reader.channelId(), reader.declaredLength());
        return new InvalidFrameException(
                reader.channelId(),
                reader.declaredLength(),
                "invalid frame: channel " + reader.channelId() + ", length " + reader.declaredLength() + " is not 1 to "
                        + reader.maxFrameLength() + "; the stream goes on with "
                        + EscapedBytes.quote(input.bytes(), input.start(), input.end(), SHOWN_BYTES));
    }

    @Override
    public Throwable truncation() {
        if (input.isEmpty()) {
            return null;
        }
        next();
        return new TruncatedFrameException(reader.wanted(), input.length());
    }

    @Override
    public boolean onEnd() {
        return pipe.tellEnd();
    }

    @Override
    public void onDrain() {
        pipe.tellDrain();
    }

    @Override
    public void onClose(Throwable cause) {
        pipe.tellClose(cause);
    }

    @Override
    public Object owner() {
        return pipe;
    }

    @Override
    public long unsentRecords(OutputQueue queue) {
        return queue.unsentRecords((bytes, index) -> FrameLayout.HEADER_LENGTH + FrameLayout.length(bytes, index));
    }
}
