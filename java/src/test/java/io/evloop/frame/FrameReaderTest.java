package io.evloop.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Allocation;
import io.evloop.testing.Frames;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the reader finds in bytes that come in any pieces. */
class FrameReaderTest {

    private static final int MAX = FrameLayout.MAX_PAYLOAD_LENGTH;
    private static final int MIB_64 = 64 << 20;

    private final FrameReader reader = new FrameReader(MAX);

    /** Frames that were read while more and more of {@code stream} was there: up to each of {@code cuts}, then up to its end. */
    private List<String> framesOf(byte[] stream, int... cuts) {
        ByteBuffer bytes = ByteBuffer.wrap(stream);
        List<String> frames = new ArrayList<>();
        int position = 0;
        for (int cut = 0; cut <= cuts.length; cut++) {
            int limit = cut < cuts.length ? cuts[cut] : stream.length;
            int result = reader.next(bytes, position, limit);
            while (result == FrameReader.FRAME) {
                assertTrue(reader.end() <= limit, "a frame that is not there yet");
                frames.add(describe(reader.channelId(), Arrays.copyOfRange(stream, reader.payload(), reader.end())));
                position = reader.end();
                result = reader.next(bytes, position, limit);
            }
            assertEquals(FrameReader.INCOMPLETE, result);
        }
        assertEquals(stream.length, position);
        return frames;
    }

    private static String describe(int channelId, byte[] payload) {
        return channelId + ":" + Arrays.toString(payload);
    }

    // row 1
    @Test
    void findsTwoFramesCutAtEveryPosition() {
        byte[] first = Frames.pattern(1, 5);
        byte[] second = Frames.pattern(2, 300);
        byte[] stream = Frames.concat(Frames.frame(7, first), Frames.frame(65_535, second));
        List<String> expected = List.of(describe(7, first), describe(65_535, second));
        for (int cut = 0; cut <= stream.length; cut++) {
            assertEquals(expected, framesOf(stream, cut));
        }
    }

    // row 1
    @Test
    void findsThreeFramesCutAtEveryPairOfPositions() {
        byte[] stream = Frames.concat(Frames.frame(0, "a"), Frames.frame(1, "bcdefgh"), Frames.frame(2, "ij"));
        List<String> expected = framesOf(stream);
        assertEquals(List.of("0:[97]", "1:[98, 99, 100, 101, 102, 103, 104]", "2:[105, 106]"), expected);
        for (int first = 0; first <= stream.length; first++) {
            for (int second = first; second <= stream.length; second++) {
                assertEquals(expected, framesOf(stream, first, second));
            }
        }
    }

    // row 1
    @Test
    void findsFramesThatComeByteByByte() {
        byte[] payload = Frames.pattern(3, 70);
        byte[] stream = Frames.concat(Frames.frame(9, payload), Frames.frame(10, "x"), Frames.frame(11, payload));
        int[] cuts = new int[stream.length];
        Arrays.setAll(cuts, index -> index);
        List<String> expected = List.of(describe(9, payload), "10:[120]", describe(11, payload));
        assertEquals(expected, framesOf(stream, cuts));
    }

    // row 1
    @Test
    void findsFramesCutAtRandomPositions() {
        for (long seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            List<String> expected = new ArrayList<>();
            byte[] stream = {};
            for (int count = 1 + random.nextInt(6); count > 0; count--) {
                int channelId = random.nextInt(65_536);
                byte[] payload = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 5_000 : 40)];
                random.nextBytes(payload);
                expected.add(describe(channelId, payload));
                stream = Frames.concat(stream, Frames.frame(channelId, payload));
            }
            int[] cuts =
                    random.ints(random.nextInt(12), 0, stream.length).sorted().toArray();
            assertEquals(expected, framesOf(stream, cuts), "seed " + seed);
        }
    }

    @Test
    void saysHowManyBytesAreWanted() {
        ByteBuffer bytes = ByteBuffer.wrap(Frames.frame(1, Frames.pattern(1, 100)));
        for (int limit = 0; limit < 6; limit++) {
            assertEquals(FrameReader.INCOMPLETE, reader.next(bytes, 0, limit));
            assertEquals(6, reader.wanted());
        }
        for (int limit = 6; limit < 106; limit++) {
            assertEquals(FrameReader.INCOMPLETE, reader.next(bytes, 0, limit));
            assertEquals(106, reader.wanted());
            assertEquals(1, reader.channelId());
            assertEquals(100, reader.declaredLength());
        }
        assertEquals(FrameReader.FRAME, reader.next(bytes, 0, 106));
    }

    @Test
    void looksAtNothingOutsideWhatIsUnread() {
        byte[] junk = Frames.pattern(5, 13);
        byte[] stream = Frames.concat(junk, Frames.frame(4, "frame"), junk);
        for (ByteBuffer bytes : List.of(
                ByteBuffer.wrap(stream),
                ByteBuffer.allocateDirect(stream.length).put(0, stream),
                ByteBuffer.allocateDirect(stream.length).put(0, stream).order(ByteOrder.LITTLE_ENDIAN))) {
            bytes.position(3);
            assertEquals(FrameReader.INCOMPLETE, reader.next(bytes, 13, 23));
            assertEquals(FrameReader.FRAME, reader.next(bytes, 13, 24));
            assertEquals(4, reader.channelId());
            assertEquals(19, reader.payload());
            assertEquals(24, reader.end());
            assertEquals(3, bytes.position());
            assertEquals(stream.length, bytes.limit());
        }
    }

    private void assertInvalid(FrameReader judge, int channelId, long length) {
        ByteBuffer header = ByteBuffer.wrap(Frames.header(channelId, length));
        for (int limit = 0; limit < 6; limit++) {
            assertEquals(FrameReader.INCOMPLETE, judge.next(header, 0, limit));
        }
        assertEquals(FrameReader.INVALID, judge.next(header, 0, 6), () -> "length " + length);
        assertEquals(channelId, judge.channelId());
        assertEquals(length, judge.declaredLength());
        assertEquals(6, judge.payload());
    }

    // row 3
    @Test
    void refusesALengthOfZeroAndReportsTheChannel() {
        for (int channelId : new int[] {0, 7, 65_535}) {
            assertInvalid(reader, channelId, 0);
        }
    }

    // row 4
    @Test
    void refusesWhatIsLongerThanSixtyFourMebibytesByTheHeaderAlone() {
        for (long length : new long[] {MIB_64 + 1L, 0x7FFF_FFFFL, 0x8000_0000L, 0x8000_0001L, 0xFFFF_FFFFL}) {
            assertInvalid(reader, 12_345, length);
        }
    }

    // row 4
    @Test
    void acceptsSixtyFourMebibytes() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(6 + MIB_64);
        bytes.put(0, Frames.header(3, MIB_64));
        assertEquals(FrameReader.INCOMPLETE, reader.next(bytes, 0, 6));
        assertEquals(6 + MIB_64, reader.wanted());
        assertEquals(FrameReader.INCOMPLETE, reader.next(bytes, 0, 5 + MIB_64));
        assertEquals(FrameReader.FRAME, reader.next(bytes, 0, 6 + MIB_64));
        assertEquals(MIB_64, reader.end() - reader.payload());
        assertEquals(MIB_64, reader.declaredLength());
    }

    @Test
    void keepsALowerLimitThatItIsGiven() {
        for (int limit : new int[] {1, 10, 255, 256, MAX - 1, MAX}) {
            FrameReader strict = new FrameReader(limit);
            assertEquals(limit, strict.maxFrameLength());
            assertInvalid(strict, 1, limit + 1L);
            assertEquals(FrameReader.INCOMPLETE, strict.next(ByteBuffer.wrap(Frames.header(1, limit)), 0, 6));
            assertEquals(6 + limit, strict.wanted());
        }
        for (int limit : new int[] {0, -1, MAX + 1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> new FrameReader(limit));
        }
    }

    @Test
    void goesOnBehindABadHeaderWhereItsUserSaysSo() {
        byte[] stream = Frames.concat(Frames.header(8, 0), Frames.frame(9, "good"));
        ByteBuffer bytes = ByteBuffer.wrap(stream);
        assertEquals(FrameReader.INVALID, reader.next(bytes, 0, stream.length));
        assertEquals(FrameReader.FRAME, reader.next(bytes, reader.payload(), stream.length));
        assertEquals(9, reader.channelId());
    }

    // row 8
    @Test
    void readsChannelsAsUnsigned() {
        for (int channelId : new int[] {0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF}) {
            assertEquals(List.of(channelId + ":[120]"), framesOf(Frames.frame(channelId, "x")));
        }
    }

    // row 4
    @Test
    void allocatesNothingForFramesNorForLengthsThatAreTooLong() throws Exception {
        byte[] good = Frames.concat(Frames.frame(1, "one"), Frames.frame(2, "two"), Frames.header(3, MIB_64));
        byte[] bad = Frames.header(4, 0xFFFF_FFFFL);
        ByteBuffer stream = ByteBuffer.allocateDirect(good.length).put(0, good);
        ByteBuffer tooLong = ByteBuffer.allocateDirect(bad.length).put(0, bad);
        double bytes = Allocation.bytesPerRound(50_000, () -> {
            int position = 0;
            while (reader.next(stream, position, good.length) == FrameReader.FRAME) {
                position = reader.end();
            }
            assertTrue(reader.next(tooLong, 0, bad.length) == FrameReader.INVALID);
        });
        assertTrue(bytes < 1, () -> bytes + " bytes per round");
    }
}
