package io.evloop;

import io.evloop.buffer.OutputQueue;
import io.evloop.frame.FrameLayout;
import io.evloop.sys.Errno;
import io.evloop.sys.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;

/** Turns frames into bytes of an {@link Outbound}: by copy, in place, or past the queue if they are large. */
final class FrameOutput {

    /** From this payload on, one copy costs more than the system call of its own. */
    private static final int WRITE_THROUGH_LENGTH = 256 * 1024;

    private static final int NO_CLAIM = -1;

    private final LoopContext context;
    private final Object owner;
    private final Outbound outbound;
    private final OutputAccount account;
    private final OutputQueue queue;
    private final int maxFrameLength;
    private int claimedLength = NO_CLAIM;
    private boolean drainOwed;

    /** The longest frame refused to the pipe's user, header included, since a drain was told. */
    private int refusedBytes;

    FrameOutput(Object owner, Endpoint endpoint, int maxFrameLength) {
        this.context = endpoint.context();
        this.owner = owner;
        this.outbound = endpoint.outbound();
        this.account = outbound.account();
        this.queue = outbound.queue();
        this.maxFrameLength = maxFrameLength;
    }

    Object owner() {
        return owner;
    }

    WriteResult write(int channelId, ByteBuffer payload) {
        final int index = payload.position();
        final int length = payload.remaining();
        final WriteResult result = write(channelId, payload, index, length);
        if (result.isAccepted()) {
            payload.position(index + length);
        }
        return result;
    }

    WriteResult write(int channelId, ByteBuffer payload, int index, int length) {
        final OutputAccount window = account;
        final int frame = window.position;
        if (length > window.windowEnd - frame - FrameLayout.HEADER_LENGTH - FrameLayout.SPILL
                || claimedLength != NO_CLAIM) {
            return writeSlowly(channelId, payload, index, length);
        }
        FrameLayout.checkFrame(channelId, length, maxFrameLength);
        final ByteBuffer bytes = window.bytes;
        FrameLayout.putHeaderAndSpill(bytes, frame, channelId, length);
        bytes.put(frame + FrameLayout.HEADER_LENGTH, payload, index, length);
        window.position = frame + FrameLayout.HEADER_LENGTH + length;
        window.frames++;
        return WriteResult.OK;
    }

    private WriteResult writeSlowly(int channelId, ByteBuffer payload, int index, int length) {
        check(channelId, length);
        Objects.checkFromIndexSize(index, length, payload.limit());
        payload.get(index); // throws, before anything is changed, if its memory is freed or another thread's
        final WriteResult refused = outbound.admit(FrameLayout.HEADER_LENGTH + length);
        if (refused != null) {
            return refusing(refused, length);
        }
        if (length >= WRITE_THROUGH_LENGTH && payload.isDirect()) {
            return owing(writeLarge(channelId, payload, index, length));
        }
        return owing(appendCopy(channelId, payload, index, length));
    }

    WriteResult write(int channelId, byte[] payload, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, payload.length);
        final WriteResult refused = admit(channelId, length);
        if (refused != null) {
            return refusing(refused, length);
        }
        final int frame = account.appendIndex();
        final ByteBuffer bytes = account.block();
        FrameLayout.putHeader(bytes, frame, channelId, length);
        bytes.put(frame + FrameLayout.HEADER_LENGTH, payload, offset, length);
        return owing(append(length));
    }

    /** The same with a descriptor, of which a duplicate is queued. */
    WriteResult write(int channelId, ByteBuffer payload, int fd) throws IOException {
        final int length = payload.remaining();
        check(channelId, length);
        payload.get(payload.position());
        final WriteResult refused = outbound.admit(FrameLayout.HEADER_LENGTH + length);
        if (refused != null) {
            return refusing(refused, length);
        }
        final int duplicate = Native.duplicate(fd);
        if (duplicate < 0) {
            queue.releaseIfEmpty();
            throw Errno.exception("fcntl", duplicate);
        }
        outbound.queue().attach(duplicate); // settled: it goes with the byte behind those of the window
        final int index = payload.position();
        payload.position(payload.limit());
        return owing(appendCopy(channelId, payload, index, length));
    }

    /** For frames that come by a sender, whose writers are told by the sender when there is room again. */
    WriteResult append(int channelId, ByteBuffer source, int index, int length) {
        final WriteResult refused = outbound.admit(FrameLayout.HEADER_LENGTH + length);
        return refused != null ? refused : appendCopy(channelId, source, index, length);
    }

    /** The same for the last frames of a pipe that closes: only memory can be lacking. Returns whether it was appended. */
    boolean appendBeyondLimits(int channelId, ByteBuffer source, int index, int length) {
        if (!outbound.admitBeyondLimits(FrameLayout.HEADER_LENGTH + length)) {
            return false;
        }
        appendCopy(channelId, source, index, length);
        return true;
    }

    private WriteResult appendCopy(int channelId, ByteBuffer source, int index, int length) {
        final int frame = account.appendIndex();
        final ByteBuffer bytes = account.block();
        FrameLayout.putHeader(bytes, frame, channelId, length);
        bytes.put(frame + FrameLayout.HEADER_LENGTH, source, index, length);
        return append(length);
    }

    /** Whether frames are taken at all. */
    boolean isOpen() {
        return outbound.isOpen();
    }

    boolean isAboveHighWater() {
        return outbound.drain().isAboveHighWater();
    }

    private WriteResult owing(WriteResult result) {
        if (result == WriteResult.ABOVE_HIGH_WATER) {
            drainOwed = true;
        }
        return result;
    }

    private WriteResult refusing(WriteResult result, int length) {
        if (result == WriteResult.FULL) { // behind CLOSED no drain is to follow
            refusedBytes = Math.max(refusedBytes, FrameLayout.HEADER_LENGTH + length);
            drainOwed = true;
        }
        return result;
    }

    /** Whether the pipe's user was told to wait, and not a sender alone, and no sender has taken the room again. */
    boolean takeDrainOwed() {
        if (!drainOwed) {
            return false;
        }
        if (outbound.drain().isFull(refusedBytes)) {
            outbound.drain().await(refusedBytes);
            return false;
        }
        drainOwed = false;
        refusedBytes = 0;
        return true;
    }

    private WriteResult writeLarge(int channelId, ByteBuffer payload, int index, int length) {
        ByteBuffer header = context.headerScratch;
        FrameLayout.putHeader(header, 0, channelId, length);
        WriteResult result = outbound.writeThrough(header, FrameLayout.HEADER_LENGTH, payload, index, length);
        if (result == null) {
            result = appendCopy(channelId, payload, index, length);
        } else {
            account.frames++;
        }
        if (result == WriteResult.ABOVE_HIGH_WATER && length >= account.limits().highWater()) {
            outbound.drain().awaitEmptiness();
        }
        return result;
    }

    private void check(int channelId, int length) {
        FrameLayout.checkFrame(channelId, length, maxFrameLength);
        if (claimedLength != NO_CLAIM) {
            throw new IllegalStateException("a claim is open: commit or abort it first");
        }
    }

    private WriteResult admit(int channelId, int length) {
        check(channelId, length);
        return outbound.admit(FrameLayout.HEADER_LENGTH + length);
    }

    private WriteResult append(int length) {
        account.frames++;
        return outbound.append(FrameLayout.HEADER_LENGTH + length);
    }

    /** See {@link Pipe#claim}. */
    ByteBuffer claim(int channelId, int length) {
        WriteResult refused = admit(channelId, length);
        if (refused != null) {
            refusing(refused, length);
            return null;
        }
        int frame = account.appendIndex();
        FrameLayout.putHeader(account.block(), frame, channelId, length);
        account.settle();
        context.account(FrameLayout.HEADER_LENGTH + length); // room of the loop's that nobody else is to fill meanwhile
        claimedLength = length;
        context.claimOpened(this);
        int payload = frame + FrameLayout.HEADER_LENGTH;
        return queue.view(payload, payload + length);
    }

    WriteResult commit() {
        int length = endClaim();
        if (!outbound.isOpen()) { // closed between the claim and now
            queue.releaseIfEmpty();
            return WriteResult.CLOSED;
        }
        return owing(append(length));
    }

    void abort() {
        endClaim();
        queue.releaseIfEmpty();
    }

    boolean hasClaim() {
        return claimedLength != NO_CLAIM;
    }

    /** The output is about to end: what was lent is written to no more, and {@link #commit} will say CLOSED. */
    void voidClaim() {
        if (hasClaim()) {
            queue.hideView();
        }
    }

    private int endClaim() {
        if (claimedLength == NO_CLAIM) {
            throw new IllegalStateException("no claim is open");
        }
        int length = claimedLength;
        queue.hideView();
        context.giveBack(FrameLayout.HEADER_LENGTH + length);
        claimedLength = NO_CLAIM; // not before: whoever had no stack left for the above can try again
        context.claimClosed(this);
        return length;
    }
}
