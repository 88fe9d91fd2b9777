package io.evloop;

import static io.evloop.WriteResult.ABOVE_HIGH_WATER;
import static io.evloop.WriteResult.CLOSED;
import static io.evloop.WriteResult.FULL;
import static io.evloop.WriteResult.OK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a {@link Sender} promises its writers. */
class SenderTest {

    /** The smallest queue, and a payload of which eight fill it to the last byte. */
    private static final int CAPACITY = 4096;

    private static final byte[] EIGHTH = new byte[CAPACITY / 8 - 8];
    private static final int FRAME_LENGTH = 6 + EIGHTH.length;

    private TestLoop test;
    private PeeredPipe peered;
    private Pipe pipe;

    @BeforeEach
    void open() throws IOException {
        test = TestLoop.open();
        use(PipeOptions.DEFAULT);
    }

    private void use(PipeOptions options) throws IOException {
        if (peered != null) {
            peered.close();
        }
        peered = PeeredPipe.adopt(test.loop(), options);
        pipe = peered.pipe();
    }

    @AfterEach
    void close() throws IOException {
        peered.close();
        test.close();
    }

    private static WriteResult write(Sender sender, byte[] payload) {
        return sender.writeFrame(7, payload, 0, payload.length);
    }

    private static List<WriteResult> fill(Sender sender) {
        List<WriteResult> results = new ArrayList<>();
        do {
            results.add(write(sender, EIGHTH));
        } while (results.get(results.size() - 1) != FULL);
        return results;
    }

    @Test
    void movesFramesOfOtherThreadsIntoThePipe() throws Exception {
        Sender sender = pipe.sender();
        Background.await("writer", () -> {
            ByteBuffer direct = ByteBuffer.allocateDirect(8).put(0, "xdirectx".getBytes(UTF_8));
            assertEquals(OK, sender.writeFrame(1, direct.position(1).limit(7)));
            assertEquals(7, direct.position(), "the payload was taken");
            assertEquals(OK, sender.writeFrame(65535, ByteBuffer.wrap("heap".getBytes(UTF_8))));
            assertEquals(OK, sender.writeFrame(0, "xarrayx".getBytes(UTF_8), 1, 5));
        });
        Await.idle(test.loop());
        byte[] expected =
                Frames.concat(Frames.frame(1, "direct"), Frames.frame(65535, "heap"), Frames.frame(0, "array"));
        assertEquals(text(expected), text(peered.peer().read(expected.length)));
        assertEquals(3, pipe.stats().framesOut());
        assertEquals(expected.length, pipe.stats().bytesOut());
    }

    private static String text(byte[] bytes) {
        return Frames.latin(ByteBuffer.wrap(bytes));
    }

    @Test
    void aFrameWakesALoopThatSleeps() throws Exception {
        Sender sender = pipe.sender();
        try (Background writer = Background.run("writer", () -> write(sender, EIGHTH))) {
            Await.turns(test.loop(), "the frame", () -> pipe.stats().framesOut() == 1);
        }
    }

    @Test
    void saysAboveHighWaterBeyondHalfAndFullWithoutATrace() {
        Sender sender = pipe.sender(CAPACITY);
        assertEquals(
                List.of(OK, OK, OK, OK, ABOVE_HIGH_WATER, ABOVE_HIGH_WATER, ABOVE_HIGH_WATER, ABOVE_HIGH_WATER, FULL),
                fill(sender));
        assertEquals(CAPACITY, sender.queuedBytes());
        ByteBuffer payload = ByteBuffer.allocate(100).position(10).limit(20);
        assertEquals(FULL, sender.writeFrame(1, payload));
        assertEquals(10, payload.position());
        assertEquals(20, payload.limit());
        assertEquals(CAPACITY, sender.queuedBytes());
        assertEquals(0, pipe.stats().framesOut());
        test.loop().poll(0);
        assertEquals(8, pipe.stats().framesOut());
        assertEquals(0, sender.queuedBytes());
    }

    @Test
    void drainsOnceForAllThatWereToldToWait() {
        List<Sender> drained = new ArrayList<>();
        Sender sender = pipe.sender(CAPACITY).onDrain(drained::add);
        fill(sender);
        write(sender, EIGHTH);
        Await.idle(test.loop());
        assertEquals(List.of(sender), drained);
        write(sender, EIGHTH);
        Await.idle(test.loop());
        assertEquals(1, drained.size(), "nobody was told to wait since");
        fill(sender);
        Await.idle(test.loop());
        assertEquals(2, drained.size());
    }

    @Test
    void doesNotDrainBeforeThePipeHasTakenItsFrames() throws Exception {
        use(PipeOptions.builder().highWater(0).lowWater(0).build());
        List<Sender> drained = new ArrayList<>();
        Sender sender = pipe.sender(CAPACITY).onDrain(drained::add);
        fillKernel();
        assertFalse(write(sender, EIGHTH) == FULL);
        fill(sender);
        Await.idle(test.loop());
        assertEquals(List.of(), drained);
        assertEquals(CAPACITY, sender.queuedBytes(), "the pipe is above its high water mark");
        try (Background reader = readAll()) {
            Await.turns(test.loop(), "the drain", () -> !drained.isEmpty());
            Await.turns(test.loop(), "the frames", () -> pipe.stats().queuedBytes() == 0);
            pipe.close();
            Await.idle(test.loop());
        }
        assertEquals(1, drained.size());
    }

    /** Writes until the kernel takes no more and the pipe is above its high water mark of 0. */
    private void fillKernel() {
        while (pipe.stats().queuedBytes() == 0) {
            assertTrue(pipe.writeFrame(1, EIGHTH, 0, EIGHTH.length).isAccepted());
            Await.idle(test.loop());
        }
    }

    private Background readAll() {
        return Background.run("reader", () -> {
            while (peered.peer().readSome(65536).length > 0) {
                continue;
            }
        });
    }

    /** One frame is accepted, then the connection comes to an end of its output, and no further one is. */
    private void acceptOneBefore(Consumer<Connection> end) {
        Sender sender = pipe.sender(CAPACITY);
        assertEquals(OK, write(sender, EIGHTH));
        end.accept(pipe.connection());
        assertEquals(CLOSED, write(sender, EIGHTH));
    }

    @Test
    void whatWasAcceptedGoesBeforeAHalfCloseByTheConnection() throws Exception {
        acceptOneBefore(Connection::shutdownOutput);
        Await.idle(test.loop());
        assertEquals(FRAME_LENGTH, peered.peer().read(FRAME_LENGTH).length);
        assertEquals(0, peered.peer().read(1).length, "the end");
    }

    @Test
    void whatWasAcceptedGoesBeforeACloseByTheConnection() throws Exception {
        acceptOneBefore(Connection::closeAfterFlush);
        assertNull(peered.awaitClose());
        assertEquals(0, pipe.stats().unsentFrames());
        assertEquals(FRAME_LENGTH, peered.peer().read(FRAME_LENGTH).length);
    }

    @Test
    void aFrameThatWaitsBehindOneThatIsGivenUpIsNotForgotten() throws Exception {
        Sender sender = pipe.sender(CAPACITY);
        int claimed = sender.ring().claim(EIGHTH.length);
        assertEquals(OK, write(sender, EIGHTH));
        Await.idle(test.loop());
        assertEquals(0, pipe.stats().framesOut(), "the first is being written");
        sender.ring().giveUp(claimed, EIGHTH.length);
        sender.signal();
        Await.idle(test.loop());
        assertEquals(1, pipe.stats().framesOut());
    }

    @Test
    void refusesWhatIsNoFrame() throws Exception {
        use(PipeOptions.builder().maxFrameLength(100).build());
        Sender sender = pipe.sender(CAPACITY);
        assertEquals(100, sender.maxFrameLength());
        assertThrows(IllegalArgumentException.class, () -> sender.writeFrame(1, ByteBuffer.allocate(0)));
        assertThrows(IllegalArgumentException.class, () -> sender.writeFrame(1, ByteBuffer.allocate(101)));
        assertThrows(IllegalArgumentException.class, () -> sender.writeFrame(-1, ByteBuffer.allocate(1)));
        assertThrows(IllegalArgumentException.class, () -> sender.writeFrame(65536, new byte[1], 0, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> sender.writeFrame(1, new byte[1], 1, 1));
        assertEquals(0, sender.queuedBytes());
        assertThrows(IllegalArgumentException.class, () -> pipe.sender(0));
        assertThrows(IllegalArgumentException.class, () -> pipe.sender(Integer.MAX_VALUE));
    }

    @Test
    void takesAFrameOfItsLongestLengthFromAnyPlace() throws Exception {
        Sender sender = pipe.sender(CAPACITY);
        byte[] longest = Frames.pattern(3, sender.maxFrameLength());
        try (Background reader = readAll()) {
            for (int shift = 0; shift < CAPACITY / 8; shift++) {
                assertTrue(write(sender, new byte[1]).isAccepted());
                Await.idle(test.loop());
                assertTrue(write(sender, longest).isAccepted(), "behind " + shift);
                Await.idle(test.loop());
            }
            assertEquals(CAPACITY / 4, pipe.stats().framesOut());
            pipe.close();
            Await.idle(test.loop());
        }
    }

    @Test
    void belongsToItsLoopButForWriting() throws Exception {
        Sender sender = pipe.sender();
        assertSame(pipe, sender.pipe());
        Background.await("stranger", () -> {
            assertThrows(IllegalStateException.class, () -> sender.onDrain(any -> {}));
            assertThrows(IllegalStateException.class, () -> pipe.sender());
            assertTrue(sender.toString().contains("queued=0 of 1048576"), sender.toString());
        });
    }

    @Test
    void aDrainHandlerThatThrowsEndsThePipe() {
        RuntimeException thrown = new RuntimeException("from the drain handler");
        Sender sender = pipe.sender(CAPACITY).onDrain(any -> {
            throw thrown;
        });
        fill(sender);
        assertSame(thrown, peered.awaitClose());
        assertSame(thrown, test.takeError().error());
    }

    @Test
    void aPipesOwnDrainIsNotOwedForASendersFrames() throws Exception {
        use(PipeOptions.builder().highWater(0).lowWater(0).build());
        peered.drained();
        Sender sender = pipe.sender(CAPACITY);
        write(sender, EIGHTH);
        Await.idle(test.loop());
        assertEquals(List.of(), peered.takeHeard());
        assertEquals(FRAME_LENGTH, peered.peer().read(FRAME_LENGTH).length);
        assertEquals(CLOSED, closedThen(sender));
    }

    private WriteResult closedThen(Sender sender) {
        pipe.close();
        Await.idle(test.loop());
        return write(sender, EIGHTH);
    }

    /** One that does not fit behind the others, though the queue is all but empty: it is not to be cut at the memory's end. */
    @Test
    void drainsOnceTheLongestFrameThatWasRefusedFits() throws Exception {
        use(PipeOptions.builder().highWater(0).lowWater(0).build());
        Sender sender = pipe.sender(CAPACITY);
        byte[] longest = new byte[sender.maxFrameLength()];
        List<WriteResult> results = new ArrayList<>();
        sender.onDrain(from -> {
            if (results.isEmpty()) {
                results.add(write(from, longest));
            }
        });
        byte[] first = new byte[2000];
        assertEquals(OK, write(sender, first));
        Await.idle(test.loop());
        byte[] flood = new byte[1_000_000];
        assertEquals(ABOVE_HIGH_WATER, pipe.writeFrame(1, flood, 0, flood.length));
        Await.idle(test.loop());
        byte[] next = new byte[40];
        assertEquals(OK, write(sender, next));
        assertEquals(FULL, write(sender, longest));
        Await.idle(test.loop());
        assertEquals(List.of(), results);
        try (Background reader = Background.run(
                "reader",
                () -> peered.peer().read(4 * 6 + first.length + flood.length + next.length + longest.length))) {
            Await.turns(
                    test.loop(),
                    "room, and all of it sent",
                    () -> pipe.stats().framesOut() == 4 && pipe.stats().queuedBytes() == 0);
        }
        assertEquals(List.of(ABOVE_HIGH_WATER), results);
    }

    @Test
    void isNotHeldByOneThatWasServedAlongWithIt() throws Exception {
        Sender living = pipe.sender();
        WeakReference<Sender> dropped = servedBefore(living);
        Await.until("the memory of the other one", () -> {
            System.gc();
            return dropped.get() == null;
        });
        assertSame(pipe, living.pipe());
    }

    private WeakReference<Sender> servedBefore(Sender living) throws IOException {
        try (PeeredPipe other = PeeredPipe.adopt(test.loop(), PipeOptions.DEFAULT)) {
            Sender dropped = other.pipe().sender();
            dropped.writeFrame(1, ByteBuffer.allocate(1));
            // whoever is signalled last is served first, and leads to the others
            living.writeFrame(1, ByteBuffer.allocate(1));
            Await.idle(test.loop());
            other.pipe().close();
            Await.idle(test.loop());
            return new WeakReference<>(dropped);
        }
    }
}
