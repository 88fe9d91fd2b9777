package io.evloop.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.evloop.Frame;
import io.evloop.Pipe;
import io.evloop.PipeOptions;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.FuzzInput;
import io.evloop.testing.NaiveFdFrames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.ProbeSet;
import io.evloop.testing.RawFds;
import io.evloop.testing.TestLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Messages with any number of descriptors in any place, from a peer who keeps to no rule, over a real socketpair. */
class DescriptorFuzzTest {

    private static final int MAX_FRAME_LENGTH = 40;
    private static final int MAX_MESSAGES = 64;

    /** Of the first byte of an input: the limit, less one; whether frames are pulled; how many of a frame are taken. */
    private static final int LIMIT_MASK = 3;

    private static final int PULL = 4;
    private static final int TAKEN_SHIFT = 3;
    private static final int TAKEN_MASK = 7;

    /** Of the first byte of a message: its descriptors; whether a header begins it; whether it is read before the next. */
    private static final int FDS_MASK = 7;

    private static final int HEADER = 8;
    private static final int READ = 16;
    private static final int LENGTH_MASK = 31;

    private TestLoop test;
    private ProbeSet probes;
    private List<String> heard;

    @BeforeEach
    void open() throws IOException {
        test = TestLoop.open();
    }

    @AfterEach
    void close() {
        test.close();
    }

    // row 12
    @FuzzTest
    void framesComeWithTheirDescriptorsOrThePipeEndsAndNothingStaysOpen(byte[] bytes) throws Exception {
        FuzzInput input = new FuzzInput(bytes);
        int flags = input.next();
        int limit = 1 + (flags & LIMIT_MASK);
        boolean pull = (flags & PULL) != 0;
        int taken = flags >> TAKEN_SHIFT & TAKEN_MASK;
        NaiveFdFrames naive = new NaiveFdFrames(limit, MAX_FRAME_LENGTH, pull);
        PipeOptions options =
                PipeOptions.builder().maxFrameLength(MAX_FRAME_LENGTH).build();
        heard = new ArrayList<>();
        probes = ProbeSet.open();
        try (PeeredPipe peered = PeeredPipe.adopt(test.loop(), options)) {
            handle(peered.pipe().acceptFds(limit), pull, taken);
            send(peered, input, naive);
            peered.peer().close();
            Await.idle(test.loop());
            Throwable cause = peered.awaitClose();
            NaiveFdFrames.Outcome outcome = naive.outcome();
            assertEquals(
                    outcome.heard().stream().map(frame -> cut(frame, taken)).toList(), heard);
            Class<?> end = cause == null ? Void.class : cause.getClass();
            assertTrue(outcome.ends().contains(end), () -> "ended with " + cause + ", not one of " + outcome.ends());
        } finally {
            probes.close(); // says if one of those that were sent is still open
        }
    }

    /** A frame as it is heard by one who takes only so many descriptors. */
    private static String cut(String frame, int taken) {
        int start = frame.lastIndexOf('[');
        String[] numbers = frame.substring(start + 1, frame.length() - 1).split(", ");
        if (numbers.length <= taken) {
            return frame;
        }
        return frame.substring(0, start) + "["
                + String.join(", ", List.of(numbers).subList(0, taken)) + "]";
    }

    private void handle(Pipe pipe, boolean pull, int taken) {
        if (pull) {
            pipe.onReadable(from -> {
                for (Frame frame = from.readFrame(); frame != null; frame = from.readFrame()) {
                    heard.add(PeeredPipe.describe(frame) + " " + take(frame::takeFd, taken));
                }
            });
        } else {
            pipe.onFrame((from, channelId, payload) ->
                    heard.add(channelId + ":" + Frames.latin(payload) + " " + take(from::takeFd, taken)));
        }
    }

    private List<Integer> take(IntSupplier source, int most) {
        List<Integer> numbers = new ArrayList<>();
        while (numbers.size() < most) {
            int fd = source.getAsInt();
            if (fd < 0) {
                break;
            }
            numbers.add(identify(fd));
        }
        return numbers;
    }

    private int identify(int fd) {
        try {
            return probes.identifyAndClose(fd);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends what the input says, tells the model of the reads that must come of it, and lets them come now and then. */
    private void send(PeeredPipe peered, FuzzInput input, NaiveFdFrames naive) throws IOException {
        ByteArrayOutputStream unread = new ByteArrayOutputStream();
        int sent = 0;
        for (int count = 0; count < MAX_MESSAGES && !input.isEmpty() && !peered.isClosed(); count++) {
            int kind = input.next();
            byte[] message = message(input, (kind & HEADER) != 0);
            int fds = kind & FDS_MASK;
            if (message.length > 0) {
                List<Integer> numbers = probes.numbers(sent, fds);
                sent += fds;
                if (fds == 0) {
                    peered.peer().write(message);
                } else {
                    RawFds.sendAll(peered.peer(), message, probes.writeEnds(numbers));
                }
                unread.writeBytes(message);
                if (fds > 0) {
                    naive.read(unread.toByteArray(), numbers);
                    unread.reset();
                }
            }
            if ((kind & READ) != 0) {
                naive.read(unread.toByteArray(), List.of());
                unread.reset();
                Await.idle(test.loop());
            }
        }
        naive.read(unread.toByteArray(), List.of());
    }

    /** Bytes as they come, or a frame of which the last may be missing. */
    private static byte[] message(FuzzInput input, boolean header) {
        int length = input.next() & LENGTH_MASK;
        byte[] bytes = input.take(length);
        return header ? Frames.concat(Frames.header(length, Math.max(1, input.next() & LENGTH_MASK)), bytes) : bytes;
    }
}
