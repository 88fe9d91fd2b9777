package io.evloop.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.evloop.Pipe;
import io.evloop.PipeOptions;
import io.evloop.WriteResult;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.FuzzInput;
import io.evloop.testing.NaiveFrames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * Frames through a pipe's writer, and the bytes that it has made of them, cut anywhere, through another pipe's reader: what
 * was accepted comes out, and nothing else; the bytes in between are those of a naive writer.
 */
class WriterFuzzTest {

    private static final int MAX_FRAME_LENGTH = 4 * 1024;
    private static final int MAX_WRITES = 32;
    private static final int WRITTEN_AT_ONCE = 32 * 1024;
    private static final int CHANNEL_STEP = 257;

    /** Of the first byte of an input: a small output queue; the smallest socket buffer; pushed rather than pulled. */
    private static final int SMALL_QUEUE = 1;

    private static final int TINY_BUFFER = 2;
    private static final int PUSH = 4;

    /** Of the first byte of a write: how; how long the unit of its length is; whether the loop goes round then. */
    private static final int WAY_MASK = 7;

    private static final int UNIT_SHIFT = 3;
    private static final int UNIT_MASK = 3;
    private static final int[] UNITS = {1, 1, 3, 13};
    private static final int TURN = 32;
    private static final int DRAIN = 64;

    private final List<String> accepted = new ArrayList<>();
    private final ByteArrayOutputStream expected = new ByteArrayOutputStream();
    private TestLoop test;

    @BeforeEach
    void open() throws IOException {
        test = TestLoop.open();
    }

    @AfterEach
    void close() {
        test.close();
    }

    // row 11
    @FuzzTest
    void whatIsWrittenIsReadWhereverItIsCut(byte[] bytes) throws Exception {
        FuzzInput input = new FuzzInput(bytes);
        int flags = input.next();
        byte[] pieces = input.pieces();
        accepted.clear();
        expected.reset();
        byte[] stream = write(input, flags);
        assertArrayEquals(expected.toByteArray(), stream);
        read(stream, FuzzInput.cuts(pieces, stream.length), (flags & PUSH) != 0);
    }

    private byte[] write(FuzzInput input, int flags) throws IOException {
        PipeOptions.Builder options = PipeOptions.builder().maxFrameLength(MAX_FRAME_LENGTH);
        if ((flags & SMALL_QUEUE) != 0) {
            options.highWater(MAX_FRAME_LENGTH / 2)
                    .lowWater(MAX_FRAME_LENGTH / 4)
                    .maxQueuedBytes(2 * MAX_FRAME_LENGTH);
        }
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        try (PeeredPipe peered = PeeredPipe.adopt(test.loop(), options.build())) {
            if ((flags & TINY_BUFFER) != 0) {
                Fd.check(Native.setSendBuffer(peered.pipe().connection().fd(), 1), "setsockopt");
            }
            for (int count = 0; count < MAX_WRITES && !input.isEmpty(); count++) {
                int kind = input.next();
                write(peered.pipe(), kind, input);
                if ((kind & TURN) != 0) {
                    Await.idle(test.loop());
                }
                if ((kind & DRAIN) != 0) {
                    stream.writeBytes(peered.peer().readAvailable());
                }
            }
            peered.pipe().closeAfterFlush();
            byte[] more;
            do { // an idle loop has filled the socket, or has no more
                Await.idle(test.loop());
                more = peered.peer().readAvailable();
                stream.writeBytes(more);
            } while (more.length > 0);
            assertNull(peered.awaitClose());
        }
        return stream.toByteArray();
    }

    private void write(Pipe pipe, int kind, FuzzInput input) {
        int channelId = input.next() * CHANNEL_STEP;
        byte[] payload = Frames.pattern(channelId, (1 + input.next()) * UNITS[kind >> UNIT_SHIFT & UNIT_MASK]);
        WriteResult result = switch (kind & WAY_MASK) {
            case 0 -> pipe.writeFrame(channelId, ByteBuffer.wrap(payload));
            case 1 -> pipe.writeFrame(channelId, direct(payload));
            case 2 -> pipe.writeFrame(channelId, Frames.concat(new byte[3], payload), 3, payload.length);
            case 3, 4 -> claim(pipe, channelId, payload, true);
            case 5 -> claim(pipe, channelId, payload, false);
            default -> pipe.writeFrame(channelId, payload, 0, payload.length);
        };
        if (result.isAccepted()) {
            accepted.add(PeeredPipe.describe(channelId, payload));
            expected.writeBytes(Frames.frame(channelId, payload));
        } else {
            assertEquals(WriteResult.FULL, result);
        }
    }

    private static ByteBuffer direct(byte[] payload) {
        return ByteBuffer.allocateDirect(payload.length).put(0, payload);
    }

    /** FULL for what was given up, too: none of it may be seen. */
    private static WriteResult claim(Pipe pipe, int channelId, byte[] payload, boolean commit) {
        ByteBuffer room = pipe.claim(channelId, payload.length);
        if (room == null) {
            return WriteResult.FULL;
        }
        room.put(payload);
        if (commit) {
            return pipe.commit();
        }
        pipe.abort();
        return WriteResult.FULL;
    }

    private void read(byte[] stream, int[] cuts, boolean push) throws IOException {
        NaiveFrames naive = new NaiveFrames(MAX_FRAME_LENGTH);
        PipeOptions options =
                PipeOptions.builder().maxFrameLength(MAX_FRAME_LENGTH).build();
        try (PeeredPipe peered = PeeredPipe.adopt(test.loop(), options)) {
            PeeredPipe handled = push ? peered.pushed() : peered.pulled();
            int from = 0;
            for (int to : cuts) {
                naive.take(stream, from, to);
                while (from < to) { // no more than the socket holds
                    int part = Math.min(to, from + WRITTEN_AT_ONCE);
                    handled.peer().write(Arrays.copyOfRange(stream, from, part));
                    Await.idle(test.loop());
                    from = part;
                }
                assertEquals(naive.heard(), handled.heard());
            }
            assertEquals(accepted, handled.heard());
            handled.peer().close();
            Await.idle(test.loop());
            assertNull(handled.awaitClose());
        }
    }
}
