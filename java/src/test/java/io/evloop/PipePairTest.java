package io.evloop;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.EventLoopClosedException;
import io.evloop.error.NativeIoException;
import io.evloop.sys.Fd;
import io.evloop.testing.Await;
import io.evloop.testing.Descriptors;
import io.evloop.testing.Frames;
import io.evloop.testing.HighNumbers;
import io.evloop.testing.LoopThread;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both ends in this process. */
class PipePairTest {

    @Test
    void bothEndsMayBeOnOneLoop() throws Exception {
        List<String> heard = new ArrayList<>();
        try (TestLoop test = TestLoop.open()) {
            Pipe[] pair = Pipe.pair(test.loop(), test.loop());
            for (Pipe end : pair) {
                end.onFrame((from, channelId, payload) -> heard.add(channelId + ":" + Frames.latin(payload)))
                        .onClose((from, cause) -> heard.add("closed " + cause));
                assertTrue(Descriptors.isNonBlocking(end.connection().fd()));
                assertTrue(Descriptors.isCloseOnExec(end.connection().fd()));
            }
            pair[0].writeFrame(1, bytes("to b"));
            Await.idle(test.loop());
            pair[1].writeFrame(2, bytes("to a"));
            Await.idle(test.loop());
            pair[0].close();
            Await.idle(test.loop());
            assertEquals(List.of("1:to b", "2:to a", "closed null", "closed null"), heard);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void eachEndIsOnItsOwnLoopWhicheverThreadMakesThem(int maker) throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (LoopThread a = LoopThread.start("loop a");
                LoopThread b = LoopThread.start("loop b")) {
            List<LoopThread> loops = List.of(a, b);
            Pipe[] pair = loops.get(maker).call(() -> Pipe.pair(a.loop(), b.loop()));
            for (int end = 0; end < 2; end++) {
                Pipe pipe = pair[end];
                assertSame(loops.get(end).loop(), pipe.connection().loop());
                loops.get(end)
                        .call(() -> pipe.onFrame((from, channelId, payload) ->
                                        heard.add(Thread.currentThread().getName() + " " + Frames.latin(payload)))
                                .onClose((from, cause) ->
                                        heard.add(Thread.currentThread().getName() + " closed " + cause)));
            }
            a.call(() -> pair[0].writeFrame(1, bytes("to b")));
            assertEquals("loop b to b", heard.poll(30, TimeUnit.SECONDS));
            b.call(() -> pair[1].writeFrame(1, bytes("to a")));
            assertEquals("loop a to a", heard.poll(30, TimeUnit.SECONDS));
            pair[1].close();
            String first = heard.poll(30, TimeUnit.SECONDS);
            String second = heard.poll(30, TimeUnit.SECONDS);
            assertNotEquals(first, second);
            for (String close : List.of(first, second)) {
                assertTrue(close.equals("loop a closed null") || close.equals("loop b closed null"), close);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void framesThatWaitForTheOtherLoopToRegisterItsEndArrive(int maker) throws Exception {
        List<String> heard = new ArrayList<>();
        try (TestLoop test = TestLoop.open();
                LoopThread other = LoopThread.start("other loop")) {
            EventLoop mine = test.loop();
            Pipe[] pair = maker == 0 ? Pipe.pair(mine, other.loop()) : Pipe.pair(other.loop(), mine);
            Pipe pipe = pair[maker];
            other.loop()
                    .execute(() -> pair[1 - maker].onFrame((from, channelId, payload) -> {
                        from.writeFrame(channelId, payload);
                    }));
            pipe.onFrame((from, channelId, payload) -> heard.add(channelId + ":" + Frames.latin(payload)));
            for (int number = 0; number < 100; number++) {
                pipe.writeFrame(number, bytes("x"));
            }
            Await.turns(mine, "the echo", () -> heard.size() == 100);
            assertEquals("99:x", heard.get(99));
        }
    }

    @Test
    void aThreadOfNeitherLoopIsRefusedAndNothingIsLeft() throws Exception {
        try (LoopThread a = LoopThread.start("loop a");
                LoopThread b = LoopThread.start("loop b")) {
            IllegalStateException e = assertThrows(IllegalStateException.class, () -> Pipe.pair(a.loop(), b.loop()));
            assertTrue(e.getMessage().contains(Thread.currentThread().getName()), e::getMessage);
            assertTrue(e.getMessage().contains("loop a"), e::getMessage);
        }
    }

    @Test
    void withAClosedLoopItIsRefusedAndNothingIsLeft() throws Exception {
        try (TestLoop open = TestLoop.open();
                TestLoop closed = TestLoop.open()) {
            closed.loop().close();
            assertThrows(IllegalStateException.class, () -> Pipe.pair(open.loop(), closed.loop()));
            assertThrows(IllegalStateException.class, () -> Pipe.pair(closed.loop(), open.loop()));
            assertEquals(0, open.loop().poll(0));
        }
    }

    @Test
    void theOtherLoopsCloseEndsBothEnds() throws Exception {
        List<Throwable> causes = new ArrayList<>();
        BlockingQueue<Throwable> otherCauses = new LinkedBlockingQueue<>();
        try (TestLoop test = TestLoop.open()) {
            LoopThread other = LoopThread.start("other loop");
            Pipe[] pair = Pipe.pair(test.loop(), other.loop());
            pair[0].onFrame((from, channelId, payload) -> {}).onClose((from, cause) -> causes.add(cause));
            other.call(() -> pair[1].onClose((from, cause) -> otherCauses.add(cause)));
            other.close();
            assertInstanceOf(EventLoopClosedException.class, otherCauses.poll());
            Await.turns(test.loop(), "the close", () -> !causes.isEmpty());
            assertNull(causes.get(0));
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void whyTheOtherEndCouldNotBeRegisteredIsToldEvenLate() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        BlockingQueue<Throwable> causes = new LinkedBlockingQueue<>();
        try (TestLoop a = TestLoop.open();
                LoopThread b = LoopThread.start("loop b")) {
            b.loop().execute(() -> assertDoesNotThrow(() -> gone.await()));
            Pipe[] pair = HighNumbers.open(() -> Pipe.pair(a.loop(), b.loop()));
            Fd.close(pair[1].connection().fd());
            gone.countDown();
            b.call(() -> null); // by now the end that cannot be registered is closed
            b.call(() -> pair[1].onClose((pipe, cause) -> causes.add(cause)));
            NativeIoException cause = assertInstanceOf(NativeIoException.class, causes.poll(30, TimeUnit.SECONDS));
            assertEquals("epoll_ctl: EBADF", cause.systemCall() + ": " + cause.errnoName());
            assertEquals("close", ((NativeIoException) b.test().takeError().error()).systemCall());
        }
    }
}
