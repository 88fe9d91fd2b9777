package io.evloop;

import io.evloop.buffer.InputBuffer;
import io.evloop.buffer.OffHeapBuffer;
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
    private FrameFds fds;
    private boolean declined;
    private boolean pushing;

    /** Reading was resumed since the last call. */
    private boolean renewed;

    /** The last turn ended for its limits: to look for a next frame is left to the next one, which has to anyway. */
    private boolean cutShort;

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
        boolean heard = wantsInput();
        handler = newHandler;
        changed(heard);
    }

    void handler(int channelId, FrameHandler newHandler) {
        checkMode(readableHandler == null);
        boolean heard = wantsInput();
        if (channelHandlers == null) {
            channelHandlers = new ChannelHandlers();
        }
        channelHandlers.set(channelId, newHandler);
        if (channelHandlers.isEmpty()) {
            channelHandlers = null;
        }
        changed(heard);
    }

    void readableHandler(Consumer<Pipe> newHandler) {
        checkMode(handler == null && channelHandlers == null);
        boolean heard = wantsInput();
        readableHandler = newHandler;
        changed(heard);
    }

    private void changed(boolean heard) {
        declined = false; // by the former handler
        endpoint.context().changed();
        Timeouts timeouts = endpoint.timeouts();
        if (timeouts != null && !heard) {
            timeouts.onResume(); // while there was no handler nothing was read
        }
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

    /** From now on frames may bring descriptors. */
    void acceptFds(FrameFds newFds) {
        if (fds != null) {
            throw new IllegalStateException("descriptors are accepted already: " + pipe);
        }
        fds = newFds;
        inbound.receiveFds(newFds.receiver());
    }

    /** See {@link Pipe#takeFd}. */
    int takeFd() {
        return fds == null ? FrameFds.NONE : fds.take();
    }

    int maxFrameLength() {
        return reader.maxFrameLength();
    }

    // Protocol ---------------------------------------------------------------------------------------------------

    @Override
    public boolean wantsInput() {
        return wantsPush() || readableHandler != null;
    }

    @Override
    public int unreadLimit() {
        if (fds != null && fds.isFull() && holdsFrame()) {
            return 0; // no more until that frame, and what came with it, is delivered
        }
        return Math.max(READ_AHEAD, FrameLayout.HEADER_LENGTH + reader.maxFrameLength());
    }

    @Override
    public int readGoal() {
        return !input.isEmpty() && next() == FrameReader.INCOMPLETE ? reader.readGoal(Inbound.READ_CAPACITY) : 0;
    }

    @Override
    public void onInput() {
        declined = false;
        renewed = true;
        if (fds != null) {
            collectFds();
        }
    }

    private void collectFds() {
        fds.collect(stats.bytesIn, holdsFrame());
        endIfFdsFailed();
    }

    /** Complete frames come first. */
    private void endIfFdsFailed() {
        if (fds.failure() != null && !holdsFrame()) {
            endpoint.closeWith(fds.failure());
        }
    }

    @Override
    public boolean isReady() {
        return wantsInput() && !declined && (cutShort ? input.length() >= FrameLayout.HEADER_LENGTH : holdsFrame());
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
        if (!wantsInput() || input.isEmpty()) {
            return 0;
        }
        return fds == null ? push(limit, bytes) : pushWithFds(bytes);
    }

    private int pushWithFds(int byteLimit) {
        if (next() == FrameReader.FRAME && !fds.begin(position() + reader.end() - input.start())) {
            endpoint.closeWith(fds.failure());
            return 0;
        }
        try {
            return push(1, byteLimit);
        } finally {
            fds.finish();
            endIfFdsFailed();
        }
    }

    /** Bytes of the stream in front of the unread ones. */
    private long position() {
        return stats.bytesIn - input.length();
    }

    private int push(int limit, int byteLimit) {
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
        pushing = true;
        try {
            while (more && count < limit && position < stop && inbound.isDelivering() && wantsPush()) {
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
            pushing = false;
            cutShort = more;
            unread.start(position);
            unread.hideView();
            stats.framesIn += count;
            context.stats.frames += count;
        }
        return count;
    }

    private boolean wantsPush() {
        return handler != null || channelHandlers != null;
    }

    /** The header of the frame at {@code position}; 0: there is none yet, or an invalid one, which ends the stream. */
    private long lookCloser(ByteBuffer bytes, int position, int end) {
        int result = reader.next(bytes, position, end);
        if (result == FrameReader.INVALID) {
            input.start(position);
            endpoint.closeWith(invalidFrame(pipe, reader, input));
        }
        return result == FrameReader.FRAME ? reader.header() : 0;
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
        cutShort = false;
        if (!isReady()) {
            if (fds != null) { // frames may have been read outside the handler
                endIfFdsFailed();
            }
            return 0;
        }
        int unread = input.length();
        Consumer<Pipe> asked = readableHandler;
        renewed = false;
        HandlerEvent event = HandlerEvent.start(endpoint.context());
        try {
            asked.accept(pipe);
        } finally {
            HandlerEvent.finish(event, pipe);
            declined = input.length() == unread && readableHandler == asked && !renewed;
            input.hideView();
            endpoint.context().stats.frames++;
            if (fds != null) {
                fds.finish();
                endIfFdsFailed();
            }
        }
        return 1;
    }

    /** See {@link Pipe#readFrame}. */
    Frame readFrame() {
        checkMode(handler == null && channelHandlers == null && !pushing);
        if (!endpoint.isOpen() || inbound.isPaused() || input.length() < FrameLayout.HEADER_LENGTH) {
            return null;
        }
        int result = next();
        if (result == FrameReader.INCOMPLETE) {
            return null;
        }
        if (frame == null) {
            frame = new Frame();
        }
        if (fds != null && !beginWithFds(result)) {
            return null;
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

    private boolean beginWithFds(int result) {
        frame.fds(fds);
        int end = result == FrameReader.FRAME ? reader.end() : reader.payload();
        if (!fds.begin(position() + end - input.start())) {
            endpoint.closeWith(fds.failure());
            return false;
        }
        return true;
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
    public void finishOutput() {
        pipe.finishSenders();
    }

    @Override
    public void onDrain() {
        pipe.tellDrain();
    }

    @Override
    public void onClose(Throwable cause) {
        if (fds != null) {
            fds.close();
        }
        pipe.tellClose(cause);
    }

    @Override
    public Object owner() {
        return pipe;
    }

    @Override
    public long unsentRecords(OutputQueue queue) {
        return queue.isEmpty() // by far the most: no class is loaded for it
                ? 0
                : queue.unsentRecords((bytes, index) -> FrameLayout.HEADER_LENGTH + FrameLayout.length(bytes, index));
    }
}
