package io.evloop.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.frame.FrameReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** {@link FrameReader} beside {@link NaiveFrames} on one stream after the other, and counts of what there was in them. */
public final class ReaderComparison {

    /** Bytes of the longest stream. */
    public static final int MAX_STREAM = 1 << 12;

    private static final int MARGIN = 16;

    /** Around a stream there is what others left, which no reader may look at. */
    private final List<ByteBuffer> blocks = List.of(
            ByteBuffer.allocate(MAX_STREAM + 2 * MARGIN),
            ByteBuffer.allocateDirect(MAX_STREAM + 2 * MARGIN),
            ByteBuffer.allocateDirect(MAX_STREAM + 2 * MARGIN).order(ByteOrder.LITTLE_ENDIAN));

    private long frames;
    private long invalid;
    private long cut;

    /** Frames that were read. */
    public long frames() {
        return frames;
    }

    /** Headers that were none. */
    public long invalid() {
        return invalid;
    }

    /** Streams that ended inside a frame. */
    public long cut() {
        return cut;
    }

    /** How many kinds of memory a stream can be in. */
    public int kinds() {
        return blocks.size();
    }

    /**
     * Reads as far as it goes, behind a bad header, too, after each piece.
     *
     * @param kind of the memory, 0 to below {@link #kinds}
     * @param cuts where the pieces of the stream end, in ascending order
     */
    public void compare(int kind, byte[] stream, int maxFrameLength, int... cuts) {
        ByteBuffer block = blocks.get(kind);
        NaiveFrames naive = new NaiveFrames(maxFrameLength);
        FrameReader reader = new FrameReader(maxFrameLength);
        List<String> heard = new ArrayList<>();
        block.put(MARGIN, stream);
        int position = MARGIN;
        int from = 0;
        for (int to : cuts) {
            naive.take(stream, from, to);
            from = to;
            position = read(reader, block, position, MARGIN + to, heard);
            assertEquals(naive.heard(), heard);
            assertEquals(naive.got(), MARGIN + to - position);
            assertEquals(naive.wanted(), reader.wanted());
        }
        cut += naive.got() > 0 ? 1 : 0;
    }

    /** Returns where the first byte is that was not taken. */
    private int read(FrameReader reader, ByteBuffer block, int start, int limit, List<String> heard) {
        block.limit(limit); // to read behind it throws
        int position = start;
        int result = reader.next(block, position, limit);
        while (result != FrameReader.INCOMPLETE) {
            if (result == FrameReader.FRAME) {
                frames++;
                block.position(reader.payload()).limit(reader.end());
                heard.add(reader.channelId() + ":" + Frames.latin(block));
                block.clear().limit(limit);
                position = reader.end();
            } else {
                invalid++;
                heard.add(reader.channelId() + " of " + reader.declaredLength() + " invalid");
                position = reader.payload();
            }
            assertTrue(position > start && position <= limit, outside(position, start, limit));
            result = reader.next(block, position, limit);
        }
        block.clear();
        return position;
    }

    private static Supplier<String> outside(int position, int start, int limit) {
        return () -> position + " is outside " + start + ".." + limit;
    }
}
