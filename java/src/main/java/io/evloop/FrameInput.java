package io.evloop;

import io.evloop.buffer.InputBuffer;
import io.evloop.buffer.OutputQueue;
import io.evloop.error.TruncatedFrameException;
import io.evloop.frame.FrameLayout;
import io.evloop.frame.FrameReader;
import java.util.function.Consumer;

/** The protocol of a pipe: takes frames out of the unread bytes and hands them on, pushed or pulled. Loop thread only. */
final class FrameInput implements Protocol {

    /** Unread bytes that a pipe of small frames may hold: what two reads bring. */
    private static final int READ_AHEAD = 256 * 1024;

    /**
     * Bytes of a payload from which on reads go into a larger block: what a read leaves of such a frame takes much of the usual
     * one, has to be moved, and lets the next read take little. Frames of 64 KiB arrive 1.14 to 1.2 x as fast so.
     */
    private static final int LONG_FRAME = Inbound.READ_CAPACITY / 4;

    private static final int LONG_FRAME_READ_CAPACITY = 2 * Inbound.READ_CAPACITY;

    private final Pipe pipe;
    private final Endpoint endpoint;
    private final Inbound inbound;
    private final InputBuffer input;
    private final PipeStats stats;
    private final FrameReader reader;
    private final FramePush push;
    private Consumer<Pipe> readableHandler;
    private Frame frame;
    private FrameFds fds;
    private boolean declined;

    /** Reading was resumed since the last call. */
    private boolean renewed;

    FrameInput(Pipe pipe, Endpoint endpoint, int maxFrameLength) {
        this.pipe = pipe;
        this.endpoint = endpoint;
        this.inbound = endpoint.inbound();
        this.input = inbound.buffer();
        this.stats = endpoint.stats();
        this.reader = new FrameReader(maxFrameLength);
        this.push = new FramePush(pipe, endpoint, reader);
    }

    // handlers ---------------------------------------------------------------------------------------------------

    void handler(FrameHandler newHandler) {
        checkMode(readableHandler == null);
        boolean heard = wantsInput();
        push.handler(newHandler);
        changed(heard);
    }

    void handler(int channelId, FrameHandler newHandler) {
        checkMode(readableHandler == null);
        boolean heard = wantsInput();
        push.handler(channelId, newHandler);
        changed(heard);
    }

    void readableHandler(Consumer<Pipe> newHandler) {
        checkMode(!push.hasHandler());
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
        return push.hasHandler() || readableHandler != null;
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
    public int readCapacity() {
        return reader.declaredLength() < LONG_FRAME ? Inbound.READ_CAPACITY : LONG_FRAME_READ_CAPACITY;
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

    /** Complete frames come first. Once no more are taken there is nothing to fail: what is queued is sent to its end. */
    private void endIfFdsFailed() {
        if (endpoint.isOpen() && fds.failure() != null && !holdsFrame()) {
            endpoint.closeWith(fds.failure());
        }
    }

    @Override
    public boolean isReady() {
        if (declined || !wantsInput()) {
            return false;
        }
        boolean leftToRun = push.isCutShort() && readableHandler == null;
        return leftToRun ? input.length() >= FrameLayout.HEADER_LENGTH : holdsFrame();
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
        return fds == null ? push.run(limit, bytes) : pushWithFds(bytes);
    }

    private int pushWithFds(int byteLimit) {
        if (next() == FrameReader.FRAME && !fds.begin(position() + reader.end() - input.start())) {
            endpoint.closeWith(fds.failure());
            return 0;
        }
        try {
            return push.run(1, byteLimit);
        } finally {
            fds.finish();
            endIfFdsFailed();
        }
    }

    /** Bytes of the stream in front of the unread ones. */
    private long position() {
        return stats.bytesIn - input.length();
    }

    private int offer() {
        if (!isReady()) {
            if (fds != null) { // frames may have been read outside the handler
                endIfFdsFailed();
            }
            return 0;
        }
        int unread = input.length();
        Consumer<Pipe> asked = readableHandler;
        renewed = false;
        HandlerEvent.Slow event = HandlerEvent.start(endpoint.context());
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
        checkMode(!push.hasHandler() && !push.isRunning());
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
            PipeEvent.invalidFrame(pipe, reader.channelId(), reader.declaredLength());
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
