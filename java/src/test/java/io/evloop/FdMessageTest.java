package io.evloop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.FdLimitException;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Quiet;
import io.evloop.testing.RawFds;
import io.evloop.testing.RawPipe;
import io.evloop.testing.Resources;
import io.evloop.testing.SocketKind;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Descriptors that travel with frames. That nothing leaks is held by the check after every test. */
class FdMessageTest {

    private static final int CLOSE_ON_EXEC = 1;

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;

    /** The write end is what travels: that it is closed everywhere shows at the read end. */
    private RawPipe probe;

    /** {@code "3:fd"} for a frame of channel 3 that has brought a descriptor, which works; {@code "3:-"} for one that has not. */
    private final List<String> heard = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        test = TestLoop.open();
        loop = test.loop();
        peered = PeeredPipe.adopt(loop);
        pipe = peered.pipe();
        probe = RawPipe.open();
    }

    @AfterEach
    void close() throws IOException {
        probe.close();
        peered.close();
        test.close();
    }

    private static ByteBuffer payload(int length) {
        return ByteBuffer.wrap(Frames.pattern(length, length));
    }

    /** Writes to a descriptor of the probe, and closes it. */
    private void use(int fd) throws IOException {
        assertEquals(CLOSE_ON_EXEC, Native.descriptorFlags(fd));
        ByteBuffer one = ByteBuffer.allocateDirect(1).put(0, (byte) '!');
        assertEquals(1, Native.write(fd, Native.addressOf(one), 1));
        Fd.close(fd);
        assertArrayEquals(new byte[] {'!'}, probe.read(1));
    }

    private void note(int channelId, int fd) {
        heard.add(channelId + (fd < 0 ? ":-" : ":fd"));
        if (fd >= 0) {
            assertDoesNotThrow(() -> use(fd));
        }
    }

    private void pushed(Pipe to) {
        to.onFrame((from, channelId, payload) -> {
            note(channelId, from.takeFd());
            assertEquals(-1, from.takeFd());
        });
    }

    private void pulled(Pipe to) {
        to.onReadable(from -> {
            for (Frame frame = from.readFrame(); frame != null; frame = from.readFrame()) {
                note(frame.channelId(), frame.takeFd());
                assertEquals(-1, frame.takeFd());
            }
        });
    }

    private void handle(Pipe to, boolean push) {
        if (push) {
            pushed(to);
        } else {
            pulled(to);
        }
    }

    private void awaitHeard(String... expected) {
        Await.turns(loop, Arrays.toString(expected) + " after " + heard, () -> heard.size() >= expected.length);
        assertEquals(List.of(expected), heard);
    }

    /** All write ends of the probe are closed, the test's own included. */
    private void assertProbeClosed() throws IOException {
        probe.closeWriteEnd();
        assertEquals(0, probe.read(1).length);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDescriptorArrivesWithExactlyItsFrame(boolean push) throws Exception {
        for (SocketKind kind :
                new SocketKind[] {SocketKind.SOCKETPAIR, SocketKind.UNIX_PATH, SocketKind.UNIX_ABSTRACT}) {
            heard.clear();
            Pipe[] ends = kind.connect(loop, PipeOptions.DEFAULT);
            handle(ends[1].acceptFds(1), push);
            ends[0].writeFrame(1, payload(10));
            assertEquals(WriteResult.OK, ends[0].writeFrame(2, payload(1), probe.writeEnd()));
            ends[0].writeFrame(3, payload(100));
            ends[0].writeFrame(4, payload(200_000), probe.writeEnd());
            ends[0].writeFrame(5, payload(5), probe.writeEnd());
            ends[0].writeFrame(6, payload(5));
            awaitHeard("1:-", "2:fd", "3:-", "4:fd", "5:fd", "6:-");
            assertEquals(0, ends[0].stats().queuedBytes());
            ends[0].close();
            ends[1].close();
            Await.idle(loop);
        }
    }

    @Test
    void theDescriptorStaysTheSendersAndMayBeClosedAtOnce() throws Exception {
        Pipe[] ends = Pipe.pair(loop, loop);
        ends[1].acceptFds(1);
        List<Integer> taken = new ArrayList<>();
        ends[1].onFrame((from, channelId, payload) -> taken.add(from.takeFd()));
        ends[0].writeFrame(1, payload(1), probe.writeEnd());
        probe.closeWriteEnd();
        Await.turns(loop, "the frame", () -> !taken.isEmpty());
        use(taken.get(0));
        assertEquals(0, probe.read(1).length, "nobody holds another duplicate");
    }

    @Test
    void onTheWireTheFirstByteTravelsAloneWithTheDescriptor() throws Exception {
        pipe.writeFrame(1, ByteBuffer.wrap("one".getBytes(UTF_8)));
        pipe.writeFrame(258, ByteBuffer.wrap("two".getBytes(UTF_8)), probe.writeEnd());
        pipe.writeFrame(3, ByteBuffer.wrap("three".getBytes(UTF_8)));
        Await.idle(loop);
        RawFds.Received first = RawFds.receive(peered.peer(), 1000);
        assertArrayEquals(Frames.concat(Frames.frame(1, "one"), new byte[] {1}), first.bytes());
        use(first.fd());
        RawFds.Received second = RawFds.receive(peered.peer(), 1000);
        byte[] rest = Frames.concat(Frames.frame(258, "two"), Frames.frame(3, "three"));
        assertArrayEquals(Arrays.copyOfRange(rest, 1, rest.length), second.bytes());
        assertEquals(List.of(), second.fds());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPeerMaySendItWithAnyFirstPartOfTheFrame(boolean push) throws Exception {
        handle(pipe.acceptFds(1), push);
        byte[] frame = Frames.frame(2, "payload");
        for (int cut = 1; cut <= frame.length; cut++) {
            heard.clear();
            peered.peer().write(Frames.frame(1, "before"));
            RawFds.send(peered.peer(), Arrays.copyOf(frame, cut), probe.writeEnd());
            peered.peer().write(Frames.concat(Arrays.copyOfRange(frame, cut, frame.length), Frames.frame(3, "after")));
            awaitHeard("1:-", "2:fd", "3:-");
            heard.clear();
            RawFds.send(peered.peer(), Arrays.copyOf(frame, cut), probe.writeEnd());
            Await.idle(loop);
            peered.peer().write(Arrays.copyOfRange(frame, cut, frame.length));
            awaitHeard("2:fd");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatNobodyTakesIsClosed(boolean push) throws Exception {
        pipe.acceptFds(1);
        List<Integer> channels = new ArrayList<>();
        if (push) {
            pipe.onFrame(1, (from, channelId, payload) -> channels.add(channelId)); // channel 2 is nobody's
        } else {
            pipe.onReadable(from -> {
                for (Frame frame = from.readFrame(); frame != null; frame = from.readFrame()) {
                    channels.add(frame.channelId());
                }
            });
        }
        RawFds.send(peered.peer(), Frames.frame(2, "x"), probe.writeEnd());
        RawFds.send(peered.peer(), Frames.frame(1, "x"), probe.writeEnd());
        Await.turns(loop, "both frames", () -> pipe.stats().framesIn() == 2);
        assertEquals(push ? List.of(1) : List.of(2, 1), channels);
        assertEquals(-1, pipe.takeFd());
        assertProbeClosed();
    }

    @Test
    void aHandlerThatThrowsLeavesNothingOpen() throws Exception {
        pipe.acceptFds(1).onFrame((from, channelId, payload) -> {
            throw new IllegalStateException("thrown");
        });
        RawFds.send(peered.peer(), Frames.frame(2, "x"), probe.writeEnd());
        assertInstanceOf(IllegalStateException.class, peered.awaitClose());
        test.takeError();
        assertProbeClosed();
    }

    @Test
    void withoutAcceptFdsWhatComesIsDropped() throws Exception {
        pushed(pipe);
        RawFds.send(peered.peer(), Frames.frame(2, "x"), probe.writeEnd());
        peered.peer().write(Frames.frame(3, "x"));
        awaitHeard("2:-", "3:-");
        assertProbeClosed();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void oneTooManyForAFrameEndsThePipe(boolean push) throws Exception {
        handle(pipe.acceptFds(1), push);
        byte[] frame = Frames.frame(2, "x");
        peered.peer().write(Frames.frame(1, "x"));
        for (byte part : frame) { // and a read for each of them
            RawFds.send(peered.peer(), new byte[] {part}, probe.writeEnd());
        }
        FdLimitException cause = assertInstanceOf(FdLimitException.class, peered.awaitClose());
        assertTrue(cause.getMessage().contains("2 descriptors, and 1 is accepted"), cause::getMessage);
        assertEquals(List.of("1:-"), heard, "what was complete comes first");
        peered.close();
        assertProbeClosed();
    }

    @Test
    void aFrameMayBringAsManyAsAreAccepted() throws Exception {
        List<Integer> taken = new ArrayList<>();
        pipe.acceptFds(3).onFrame((from, channelId, payload) -> {
            for (int fd = from.takeFd(); fd >= 0; fd = from.takeFd()) {
                taken.add(fd);
            }
        });
        byte[] frame = Frames.frame(2, "x");
        for (int index = 0; index < frame.length; index++) {
            byte[] part = {frame[index]};
            if (index < 3) {
                RawFds.send(peered.peer(), part, probe.writeEnd());
            } else {
                peered.peer().write(part);
            }
        }
        Await.turns(loop, "three", () -> taken.size() == 3);
        for (int fd : taken) {
            use(fd);
        }
        assertProbeClosed();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tenThousandThatNobodyAskedForDoNoHarm(boolean accepting) throws Exception {
        int count = 10_000;
        if (accepting) {
            pipe.acceptFds(2);
        }
        pipe.onFrame((from, channelId, payload) -> {});
        int before = Resources.openDescriptors().size();
        int most = 0;
        try (Background sender = Background.run("sender", () -> {
            for (int index = 0; index < count; index++) {
                RawFds.send(peered.peer(), Frames.frame(1, "x"), probe.writeEnd());
            }
        })) {
            while (pipe.stats().framesIn() < count) {
                long seen = pipe.stats().framesIn();
                Await.turns(loop, "more frames", () -> pipe.stats().framesIn() > seen);
                if (seen % 100 == 0) {
                    most = Math.max(most, Resources.openDescriptors().size());
                }
            }
        }
        assertTrue(most <= before + 5, before + " descriptors before, " + most + " meanwhile");
        assertProbeClosed();
    }

    @Test
    void aPullerWhoDeclinesHoldsABoundedNumber() throws Exception {
        int limit = 4;
        boolean[] declining = {true};
        pipe.acceptFds(limit).onReadable(from -> {
            Frame frame = declining[0] ? null : from.readFrame();
            if (frame != null) {
                note(frame.channelId(), frame.takeFd());
            }
        });
        for (int channelId = 0; channelId < 50; channelId++) {
            RawFds.send(peered.peer(), Frames.frame(channelId, "x"), probe.writeEnd());
        }
        int before = Resources.openDescriptors().size();
        Await.idle(loop);
        Quiet.assertQuiet(loop);
        int held = Resources.openDescriptors().size() - before;
        assertTrue(held >= 1 && held <= 2 * limit, "holds " + held);
        declining[0] = false;
        pipe.pauseReading();
        pipe.resumeReading();
        Await.turns(loop, "all of them", () -> heard.size() == 50);
        assertEquals("49:fd", heard.get(49));
    }

    @Test
    void whatIsHeldIsClosedWithThePipe() throws Exception {
        pipe.acceptFds(4).onReadable(from -> {});
        RawFds.send(peered.peer(), Frames.frame(1, "x"), probe.writeEnd());
        RawFds.send(peered.peer(), new byte[] {0}, probe.writeEnd());
        Await.idle(loop);
        pipe.close();
        peered.awaitClose();
        assertProbeClosed();
    }

    @Test
    void whatIsQueuedIsClosedWithThePipe() throws Exception {
        while (pipe.writeFrame(1, payload(1000), probe.writeEnd()) == WriteResult.OK) {
            Await.idle(loop);
        }
        pipe.writeFrame(1, payload(1000), probe.writeEnd());
        pipe.close();
        peered.awaitClose();
        assertTrue(pipe.stats().unsentFrames() > 0);
        peered.close();
        assertProbeClosed();
        assertEquals(
                WriteResult.CLOSED, pipe.writeFrame(1, payload(1), peered.peer().fd()));
    }

    @Test
    void aDescriptorGoesWithItsFrameAndNotWithOthersOfTheSameTurn() throws Exception {
        Pipe[] ends = Pipe.pair(loop, loop);
        pushed(ends[1].acceptFds(1));
        for (int channelId = 1; channelId <= 8; channelId++) {
            WriteResult result = channelId % 3 == 0
                    ? ends[0].writeFrame(channelId, payload(channelId), probe.writeEnd())
                    : ends[0].writeFrame(channelId, payload(channelId));
            assertEquals(WriteResult.OK, result);
        }
        Await.turns(loop, "all frames", () -> heard.size() == 8);
        assertEquals(List.of("1:-", "2:-", "3:fd", "4:-", "5:-", "6:fd", "7:-", "8:-"), heard);
    }

    @Test
    void queuedDescriptorsCountAndAllOfThemArriveOnceThereIsRoom() throws Exception {
        Pipe[] ends = Pipe.pair(loop, loop);
        int count = 0;
        while (ends[0].writeFrame(count, payload(1), probe.writeEnd()) == WriteResult.OK) {
            count++;
        }
        assertEquals(15, count, "with the next one it is 16 times 64 KiB, and a little");
        count++;
        while (ends[0].writeFrame(count, payload(1), probe.writeEnd()) != WriteResult.FULL) {
            count++;
        }
        assertTrue(ends[0].stats().maxQueuedBytes() <= PipeOptions.DEFAULT.maxQueuedBytes() + 64 * 1024);
        List<String> drains = new ArrayList<>();
        ends[0].onDrain(from -> drains.add("drain"));
        pushed(ends[1].acceptFds(1));
        int all = count;
        Await.turns(loop, "all " + all, () -> heard.size() == all && !drains.isEmpty());
        for (int channelId = 0; channelId < all; channelId++) {
            assertEquals(channelId + ":fd", heard.get(channelId));
        }
        assertEquals(List.of("drain"), drains);
        assertEquals(0, ends[0].stats().queuedBytes());
    }
}
