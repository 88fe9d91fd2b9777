package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.evloop.epoll.Epoll;
import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Counters and descriptions, in small exchanges of which every number is known. */
@ExactCalls("the counters of calls, turns and waits")
class StatsTest {

    private TestLoop test;
    private EventLoop loop;
    private PeeredPipe peered;
    private Pipe pipe;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
        peered = PeeredPipe.adopt(loop);
        pipe = peered.pipe();
        pipe.onFrame(1, (from, channelId, payload) -> peered.heard().add("one"));
        Await.idle(loop);
    }

    @AfterEach
    void close() throws Exception {
        peered.close();
        test.close();
    }

    private void write(int length) {
        assertEquals(WriteResult.OK, pipe.writeFrame(1, new byte[length], 0, length));
    }

    @Test
    void ofAPipeThatWrites() throws Exception {
        write(10);
        write(20);
        write(30);
        assertEquals(
                "PipeStats[framesIn=0, framesOut=3, bytesIn=0, bytesOut=78, droppedFrames=0, reads=0, emptyReads=0, writes=0,"
                        + " blockedWrites=0, refusedWrites=0, stalls=0, queuedBytes=78, maxQueuedBytes=78,"
                        + " unsentFrames=0, unsentBytes=0]",
                pipe.stats().toString());
        loop.poll(0);
        write(40);
        pipe.close();
        peered.awaitClose();
        PipeStats stats = pipe.stats();
        assertEquals(List.of(4L, 124L), List.of(stats.framesOut(), stats.bytesOut()));
        assertEquals(List.of(0L, 78L), List.of(stats.queuedBytes(), stats.maxQueuedBytes()));
        assertEquals(124 - stats.unsentBytes(), peered.peer().read(1_000).length);
        assertEquals(stats.unsentBytes() / 46, stats.unsentFrames());
    }

    @Test
    void ofAPipeThatReads() throws Exception {
        byte[] bytes = Frames.concat(
                Frames.frame(1, "abc"), Frames.frame(2, "nobody"), Frames.frame(1, "de"), Frames.header(1, 50));
        peered.peer().write(bytes);
        Await.idle(loop);
        assertEquals(List.of("one", "one"), peered.heard());
        assertEquals(
                "PipeStats[framesIn=3, framesOut=0, bytesIn=" + bytes.length
                        + ", bytesOut=0, droppedFrames=1, reads=1, emptyReads=0, writes=0, blockedWrites=0,"
                        + " refusedWrites=0, stalls=0, queuedBytes=0, maxQueuedBytes=0, unsentFrames=0, unsentBytes=0]",
                pipe.stats().toString());
        PipeStats stats = pipe.stats();
        assertEquals(
                List.of(3L, (long) bytes.length, 1L, 1L, 0L),
                List.of(stats.framesIn(), stats.bytesIn(), stats.droppedFrames(), stats.reads(), stats.emptyReads()));
    }

    @Test
    void ofAPipeThatIsBlocked() throws Exception {
        int frames = 0;
        while (pipe.stats().blockedWrites() == 0) {
            pipe.writeFrame(1, new byte[9_994], 0, 9_994);
            frames++;
            loop.poll(0);
        }
        PipeStats stats = pipe.stats();
        assertEquals(List.of((long) frames, frames * 10_000L), List.of(stats.framesOut(), stats.bytesOut()));
        assertEquals(List.of(1L, (long) frames), List.of(stats.blockedWrites(), stats.writes()));
        assertTrue(stats.queuedBytes() > 0 && stats.queuedBytes() <= 10_000);
        peered.peer().read((int) (stats.bytesOut() - stats.queuedBytes()));
        Await.turns(loop, "an empty queue", () -> stats.queuedBytes() == 0);
        assertEquals(List.of(1L, frames + 1L), List.of(stats.blockedWrites(), stats.writes()));
    }

    @Test
    void ofALoop() throws Exception {
        LoopStats stats = loop.stats();
        long turns = stats.turns();
        long waits = stats.waits();
        loop.poll(0);
        loop.poll(0);
        assertEquals(List.of(turns + 2, waits + 2), List.of(stats.turns(), stats.waits()));
        loop.execute(() -> {});
        loop.execute(() -> {});
        loop.schedule(0, () -> {});
        loop.poll(0);
        assertEquals(List.of(2L, 1L), List.of(stats.tasks(), stats.timers()));
        long events = stats.events();
        peered.peer().write(Frames.concat(Frames.frame(1, "abc"), Frames.frame(2, "nobody"), Frames.frame(1, "de")));
        loop.poll(0);
        assertEquals(List.of(events + 1, 3L, 3L), List.of(stats.events(), stats.frames(), stats.maxFramesPerTurn()));
        peered.peer().write(Frames.frame(1, "abc"));
        loop.poll(0);
        assertEquals(List.of(events + 2, 4L, 3L), List.of(stats.events(), stats.frames(), stats.maxFramesPerTurn()));
        assertEquals(List.of(turns + 5, waits + 5, 0L), List.of(stats.turns(), stats.waits(), stats.wakeups()));
        assertEquals(
                "LoopStats[turns=" + (turns + 5) + ", waits=" + (waits + 5) + ", events=" + (events + 2)
                        + ", frames=4, maxFramesPerTurn=3, wakeups=0, timers=1, tasks=2, leasedBytes="
                        + stats.leasedBytes() + ", pooledBytes="
                        + stats.pooledBytes() + "]",
                stats.toString());
    }

    @Test
    void ofTheMemoryOfALoop() {
        LoopStats stats = loop.stats();
        long leased = stats.leasedBytes();
        long both = leased + stats.pooledBytes();
        write(300_000);
        assertTrue(stats.leasedBytes() >= leased + 300_000, stats.toString());
        long atMost = stats.leasedBytes() + stats.pooledBytes();
        assertTrue(atMost > both, stats.toString());
        peered.peerReads(300_006);
        assertEquals(List.of(leased, atMost - leased), List.of(stats.leasedBytes(), stats.pooledBytes()));
        write(300_000);
        assertEquals(atMost, stats.leasedBytes() + stats.pooledBytes(), "what was kept is used again");
    }

    @Test
    void gettersAllocateNothing() {
        PipeStats of = pipe.stats();
        LoopStats ofLoop = loop.stats();
        LongSupplier sum = () -> of.framesIn()
                + of.framesOut()
                + of.bytesIn()
                + of.bytesOut()
                + of.droppedFrames()
                + of.reads()
                + of.emptyReads()
                + of.writes()
                + of.blockedWrites()
                + of.refusedWrites()
                + of.stalls()
                + of.queuedBytes()
                + of.maxQueuedBytes()
                + of.unsentFrames()
                + of.unsentBytes()
                + ofLoop.turns()
                + ofLoop.waits()
                + ofLoop.events()
                + ofLoop.frames()
                + ofLoop.maxFramesPerTurn()
                + ofLoop.wakeups()
                + ofLoop.timers()
                + ofLoop.tasks()
                + ofLoop.leasedBytes()
                + ofLoop.pooledBytes()
                + pipe.stats().reads()
                + loop.stats().turns();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long before = 0;
        for (int round = 0; round < 20_000; round++) {
            before = round == 10_000 ? threads.getThreadAllocatedBytes(thread) : before;
            sum.getAsLong();
        }
        long allocated = threads.getThreadAllocatedBytes(thread) - before;
        assertTrue(allocated < 10_000, "allocated: " + allocated);
    }

    @Test
    void descriptionsTellDescriptorStateAndQueue() throws Exception {
        int fd = pipe.connection().fd();
        assertEquals("Pipe[tag=0, fd=" + fd + ", OPEN, unread=0, queued=0]", pipe.toString());
        assertEquals(
                "Connection[tag=0, fd=" + fd + ", OPEN, unread=0, queued=0]",
                pipe.connection().toString());
        write(10);
        peered.peer().write(Frames.header(1, 10));
        pipe.pauseReading();
        assertEquals("Pipe[tag=0, fd=" + fd + ", OPEN, unread=0, paused, queued=16]", pipe.toString());
        pipe.resumeReading();
        Await.idle(loop);
        assertEquals("Pipe[tag=0, fd=" + fd + ", OPEN, unread=6, queued=0]", pipe.toString());
        pipe.close();
        assertTrue(pipe.toString().contains("CLOSING"), pipe.toString());
        peered.awaitClose();
        assertTrue(pipe.toString().contains("CLOSED"), pipe.toString());
    }

    @Test
    void descriptionsOfTheLoopAndItsParts() throws Exception {
        String thread = Thread.currentThread().getName();
        assertEquals("EventLoop[thread=" + thread + ", IDLE, descriptors=1, queued=0]", loop.toString());
        write(10);
        loop.execute(() -> peered.heard().add(loop.toString()));
        loop.poll(0);
        assertEquals(List.of("EventLoop[thread=" + thread + ", RUNNING, descriptors=1, queued=16]"), peered.heard());
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket one = pair[0];
                RawSocket other = pair[1]) {
            Watch watch = loop.watch(one.fd(), Epoll.IN, (from, events) -> {});
            assertEquals("Watch[fd=" + one.fd() + "]", watch.toString());
            watch.cancel();
            assertEquals("Watch[fd=" + one.fd() + ", ended]", watch.toString());
            assertTrue(other.fd() > 0);
        }
        Timer timer = loop.schedule(0, new Runnable() {
            @Override
            public void run() {}

            @Override
            public String toString() {
                return "tick";
            }
        });
        assertEquals("Timer[pending, task=tick]", timer.toString());
        timer.cancel();
        assertEquals("Timer[done, task=tick]", timer.toString());
        assertEquals("Sender[queued=0 of 4096, " + pipe + "]", pipe.sender(1).toString());
        loop.close();
        assertEquals("EventLoop[thread=" + thread + ", CLOSED, descriptors=0, queued=0]", loop.toString());
    }

    @Test
    void aPipeThatMayQueueLittleHoldsLittle() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(
                        test.loop(),
                        PipeOptions.builder()
                                .maxFrameLength(1024)
                                .lowWater(0)
                                .highWater(1024)
                                .maxQueuedBytes(2048)
                                .build())) {
            peered.pipe().writeFrame(1, new byte[100], 0, 100);
            assertTrue(
                    test.loop().stats().leasedBytes() < 8 * 1024,
                    () -> test.loop().stats().toString());
        }
    }
}
