package io.evloop;

import io.evloop.buffer.InputBuffer;
import io.evloop.sys.Errno;

/**
 * What comes while all that matters is the output. It is read and dropped: a peer that must get rid of its own output first
 * would otherwise never read ours. Loop thread only.
 */
final class DroppedInput {

    private DroppedInput() {}

    /**
     * One read.
     *
     * @return whether there may be more; false at the end, or while there is no memory to read into
     */
    static boolean read(LoopContext context, int fd, InputBuffer buffer, PipeStats stats) {
        buffer.release(); // what was not delivered by now never is
        int result = 0;
        try {
            // a plain read, with which the kernel drops what descriptors there are
            result = buffer.fill(fd, Inbound.READ_CAPACITY, 0, Inbound.READ_CAPACITY);
            stats.reads++;
        } catch (OutOfMemoryError e) {
            context.pool.trim(); // goes on without: only a peer that waits will not be heard
        }
        buffer.release();
        if (result > 0) {
            stats.bytesIn += result;
        }
        return result > 0 || result == -Errno.EAGAIN;
    }
}
