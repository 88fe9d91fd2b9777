package io.evloop;

import io.evloop.buffer.InputBuffer;
import io.evloop.buffer.OffHeapBuffer;
import io.evloop.frame.FrameLayout;
import io.evloop.frame.FrameReader;
import java.nio.ByteBuffer;

/** The push mode of a pipe: who handles its frames, and the runs in which they are handed over. Loop thread only. */
final class FramePush {

    private final Pipe pipe;
    private final Endpoint endpoint;
    private final Inbound inbound;
    private final InputBuffer input;
    private final PipeStats stats;
    private final FrameReader reader;
    private FrameHandler handler;
    private ChannelHandlers channelHandlers;
    private boolean running;
    private boolean cutShort;

    FramePush(Pipe pipe, Endpoint endpoint, FrameReader reader) {
        this.pipe = pipe;
        this.endpoint = endpoint;
        this.inbound = endpoint.inbound();
        this.input = inbound.buffer();
        this.stats = endpoint.stats();
        this.reader = reader;
    }

    /** Sets or, with null, removes the handler of the channels that have none of their own. */
    void handler(FrameHandler newHandler) {
        handler = newHandler;
    }

    /** Sets or, with null, removes the handler of one channel. */
    void handler(int channelId, FrameHandler newHandler) {
        if (channelHandlers == null) {
            channelHandlers = new ChannelHandlers();
        }
        channelHandlers.set(channelId, newHandler);
        if (channelHandlers.isEmpty()) {
            channelHandlers = null;
        }
    }

    boolean hasHandler() {
        return handler != null || channelHandlers != null;
    }

    private FrameHandler handlerOf(int channelId) {
        FrameHandler own = channelHandlers == null ? null : channelHandlers.get(channelId);
        return own == null ? handler : own;
    }

    /** Whether a handler of this pipe is at work: the frames behind its own are not to be taken by anybody else. */
    boolean isRunning() {
        return running;
    }

    /** Whether the last run ended for its limits: to look for a next frame is left to the next one, which has to anyway. */
    boolean isCutShort() {
        return cutShort;
    }

    /**
     * Hands over up to {@code limit} of the complete frames that are unread, and no further one once {@code byteLimit} bytes
     * were; how many. What a handler throws passes through.
     */
    int run(int limit, int byteLimit) {
        final InputBuffer unread = input;
        final OffHeapBuffer block = unread.block();
        final ByteBuffer bytes = block.bytes();
        final int maxLength = reader.maxFrameLength();
        final Pipe from = pipe;
        final int end = unread.end();
        final int stop = unread.start() + Math.min(byteLimit, unread.length());
        final LoopContext context = endpoint.context();
        final boolean traces = context.tracesHandlers;
        int position = unread.start();
        int count = 0;
        boolean more = true;
        running = true;
        try {
            while (more && count < limit && position < stop && inbound.isDelivering() && hasHandler()) {
                final FrameHandler only = channelHandlers == null ? handler : null;
                do {
                    long header = FrameReader.peek(bytes, position, end, maxLength);
                    if (header == 0) {
                        header = lookCloser(bytes, position, end);
                        if (header == 0) {
                            more = false;
                            break;
                        }
                    }
                    final int channelId = FrameLayout.channelId(header);
                    final FrameHandler target = only == null ? handlerOf(channelId) : only;
                    final int start = position + FrameLayout.HEADER_LENGTH;
                    position = start + FrameLayout.length(header); // consumed, whatever the handler does
                    count++;
                    if (target == null) {
                        stats.droppedFrames++;
                    } else if (traces) {
                        handOverTraced(target, channelId, block.view(start, position));
                    } else {
                        target.onFrame(from, channelId, block.view(start, position));
                    }
                } while (!context.hasChanged() && count < limit && position < stop);
                context.attend();
            }
        } finally {
            running = false;
            cutShort = more;
            unread.start(position);
            unread.hideView();
            stats.framesIn += count;
            context.stats.frames += count;
        }
        return count;
    }

    /** The header of the frame at {@code position}; 0: there is none yet, or an invalid one, which ends the stream. */
    private long lookCloser(ByteBuffer bytes, int position, int end) {
        int result = reader.next(bytes, position, end);
        if (result == FrameReader.INVALID) {
            input.start(position);
            endpoint.closeWith(FrameErrors.invalid(pipe, reader, input));
        }
        return result == FrameReader.FRAME ? reader.header() : 0;
    }

    private void handOverTraced(FrameHandler target, int channelId, ByteBuffer payload) {
        HandlerEvent.Slow event = HandlerEvent.start(endpoint.context());
        try {
            target.onFrame(pipe, channelId, payload);
        } finally {
            HandlerEvent.finish(event, pipe);
        }
    }
}
