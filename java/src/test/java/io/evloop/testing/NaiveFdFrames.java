package io.evloop.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.evloop.error.FdLimitException;
import io.evloop.error.InvalidFrameException;
import io.evloop.error.TruncatedFrameException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * What must become of a stream of frames with descriptors, as WIRE.md has it: a read ends with the message that carries some,
 * and what it brings belongs to the first frame that does not end before the read does. A descriptor is told by a number of
 * the test's own. Nothing is delivered while the stream lasts: the whole is looked at once.
 */
public final class NaiveFdFrames {

    private static final int HEADER_LENGTH = 6;

    private final int limit;
    private final int maxFrameLength;
    private final boolean pull;
    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();

    /** What came, by the position where the read ended that brought it. */
    private final TreeMap<Integer, List<Integer>> fds = new TreeMap<>();

    private int firstLoss = Integer.MAX_VALUE;

    /**
     * @param limit descriptors that a frame may bring
     * @param pull whether an invalid header is a frame, and the stream goes on behind it
     */
    public NaiveFdFrames(int limit, int maxFrameLength, boolean pull) {
        this.limit = limit;
        this.maxFrameLength = maxFrameLength;
        this.pull = pull;
    }

    /** A read, and what came with it: the kernel gives no more than {@code limit}, and says so. */
    public void read(byte[] bytes, List<Integer> brought) {
        stream.writeBytes(bytes);
        if (!brought.isEmpty()) {
            fds.put(stream.size(), List.copyOf(brought.subList(0, Math.min(limit, brought.size()))));
        }
        if (brought.size() > limit) {
            firstLoss = Math.min(firstLoss, stream.size());
        }
    }

    /** What must be heard, in the words of {@link PeeredPipe} with the numbers behind, and how the pipe may end. */
    public record Outcome(List<String> heard, Set<Class<?>> ends) {}

    /** The outcome once the peer is gone. {@link Void} stands for a clean end. */
    public Outcome outcome() {
        byte[] bytes = stream.toByteArray();
        List<String> heard = new ArrayList<>();
        int start = 0;
        while (bytes.length - start >= HEADER_LENGTH) {
            long length = number(bytes, start + 2, 4);
            boolean invalid = length == 0 || length > maxFrameLength;
            long end = start + HEADER_LENGTH + (invalid ? 0 : length);
            if (end > bytes.length) {
                break;
            }
            List<Integer> own = takeUpTo((int) end);
            boolean refused = own.size() > limit || firstLoss <= end;
            if (invalid && !pull) { // there is nothing behind it, so either end will do
                return new Outcome(
                        heard,
                        refused
                                ? Set.of(InvalidFrameException.class, FdLimitException.class)
                                : Set.of(InvalidFrameException.class));
            } else if (refused) {
                return new Outcome(heard, Set.of(FdLimitException.class));
            }
            String what = invalid
                    ? " of " + length + " invalid"
                    : ":" + new String(bytes, start + HEADER_LENGTH, (int) length, ISO_8859_1);
            heard.add(number(bytes, start, 2) + what + " " + own);
            start = (int) end;
        }
        return new Outcome(heard, ends(bytes.length - start));
    }

    private Set<Class<?>> ends(int left) {
        int waiting = takeUpTo(Integer.MAX_VALUE).size();
        if (firstLoss != Integer.MAX_VALUE) {
            return Set.of(FdLimitException.class);
        }
        if (left == 0) {
            return Set.of(Void.class);
        }
        // too many for a frame that is not complete: told at once, or not, since it never will be
        return waiting > limit
                ? Set.of(FdLimitException.class, TruncatedFrameException.class)
                : Set.of(TruncatedFrameException.class);
    }

    private List<Integer> takeUpTo(int position) {
        List<Integer> taken = new ArrayList<>();
        while (!fds.isEmpty() && fds.firstKey() <= position) {
            taken.addAll(fds.pollFirstEntry().getValue());
        }
        return taken;
    }

    private static long number(byte[] bytes, int start, int count) {
        long number = 0;
        for (int index = start; index < start + count; index++) {
            number = number * 256 + Byte.toUnsignedInt(bytes[index]);
        }
        return number;
    }
}
