package io.evloop;

import io.evloop.buffer.FdQueue;
import io.evloop.buffer.FdReceiver;
import io.evloop.error.FdLimitException;
import io.evloop.sys.Errno;
import io.evloop.sys.Native;
import java.io.UncheckedIOException;

/**
 * The descriptors that come with the frames of one pipe. A read never goes past the bytes of a message that carried some
 * ({@code unix(7)}), and such a message begins no frame but the one it is for: so they belong to the last frame that begins
 * within the read that brought them, the first one that does not end before the read does. Loop thread only.
 */
final class FrameFds {

    /** What {@link #take} returns for none. */
    static final int NONE = -1;

    private static final long NO_FRAME = -1;

    private final FdReceiver receiver;
    private final int limit;

    /** In the order of the stream; each at the position where the read ended that brought it. */
    private final FdQueue waiting = new FdQueue();

    /** Where the frame ends that is being delivered. */
    private long frameEnd = NO_FRAME;

    private FdLimitException failure;
    private long failurePosition;

    private FrameFds(int socket, int limit) {
        this.receiver = new FdReceiver(socket, limit);
        this.limit = limit;
    }

    /**
     * Without effect on one that is closed, by which nothing is passed any more.
     *
     * @throws UnsupportedOperationException if it is no Unix socket
     */
    static void checkPassesFds(Endpoint endpoint) {
        if (!endpoint.isClosed() && !endpoint.isUnixSocket()) {
            throw new UnsupportedOperationException("only a Unix socket passes descriptors: " + endpoint);
        }
    }

    /**
     * @param limit descriptors that a frame may bring
     * @throws IllegalArgumentException if no message could bring so many
     * @throws UnsupportedOperationException if it is no Unix socket
     */
    static FrameFds open(Endpoint endpoint, int limit) {
        if (limit < 1 || limit > Native.RIGHTS_MAX) {
            throw new IllegalArgumentException("limit " + limit + " is outside 1.." + Native.RIGHTS_MAX);
        }
        checkPassesFds(endpoint);
        if (!endpoint.isClosed()) { // or else the descriptor may be somebody else's by now
            // a socket that we were given may have been asked for credentials
            int result = Native.passOnlyRights(endpoint.fd());
            if (result < 0) {
                throw new UncheckedIOException(Errno.exception("setsockopt", result));
            }
        }
        return new FrameFds(endpoint.fd(), limit);
    }

    FdReceiver receiver() {
        return receiver;
    }

    /** Whether so many wait that complete frames are to be delivered before more are read. */
    boolean isFull() {
        return failure != null || waiting.size() >= limit;
    }

    /**
     * Takes what a read has brought.
     *
     * @param position bytes of the stream that have been read, those of this read included
     * @param holdsFrame whether a complete frame is unread; if not, all that wait are for the one that is not complete, but for
     *     those of the frame that is being delivered
     */
    void collect(long position, boolean holdsFrame) {
        receiver.moveTo(waiting, position);
        if (failure != null) {
            return; // they are closed with the pipe
        }
        if (receiver.isTruncated()) {
            fail(
                    position,
                    "descriptors were lost (MSG_CTRUNC): more than " + limit
                            + " came with a message, or this process cannot open more");
        } else if (!holdsFrame) {
            // those of the frame that is being delivered are not for the next one, though they may still be here
            int count = waiting.size() - waiting.countUpTo(frameEnd);
            if (count > limit) {
                fail(position, tooMany(count));
            }
        }
    }

    private void fail(long position, String message) {
        failure = new FdLimitException(message);
        failurePosition = position;
    }

    private String tooMany(int count) {
        return "a frame came with " + count + " descriptors, and " + limit + (limit == 1 ? " is" : " are")
                + " accepted";
    }

    /**
     * A frame is about to be delivered.
     *
     * @param end bytes of the stream up to the end of the frame
     * @return false if it must not be: {@link #failure} tells why
     */
    boolean begin(long end) {
        finish();
        if (failure == null) {
            int count = waiting.countUpTo(end);
            if (count > limit) {
                fail(end, tooMany(count));
            }
        }
        if (failure != null && failurePosition <= end) {
            return false;
        }
        frameEnd = end;
        return true;
    }

    /** Why the pipe must end once its complete frames are delivered; null = it need not. */
    FdLimitException failure() {
        return failure;
    }

    /** The next descriptor of the frame that is being delivered, the caller's from now on, or {@link #NONE}. */
    int take() {
        return waiting.countUpTo(frameEnd) > 0 ? waiting.removeFirst() : NONE;
    }

    /** The frame was delivered: what nobody took is closed. */
    void finish() {
        waiting.closeUpTo(frameEnd);
        frameEnd = NO_FRAME;
    }

    void close() {
        waiting.closeAll();
    }
}
