package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.FrameTimeoutException;
import io.evloop.error.InvalidFrameException;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.DirectMemory;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers that are none, in the push mode; the longest frame that is one; memory that does not believe a header. */
class PipeInvalidFrameTest {

    private static final int MAX_LENGTH = 64 << 20;
    private static final long LITTLE_MEMORY = 1 << 20;

    private TestLoop test;
    private EventLoop loop;

    @BeforeEach
    void open() throws Exception {
        test = TestLoop.open();
        loop = test.loop();
    }

    @AfterEach
    void close() {
        test.close();
    }

    // row 3
    @Test
    void length0EndsThePipeWithOneErrorThatTellsChannelAndLength() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop).pushed()) {
            peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.header(65535, 0), Frames.frame(1, "b")));
            InvalidFrameException cause = assertInstanceOf(InvalidFrameException.class, peered.awaitClose());
            assertEquals(65535, cause.channelId());
            assertEquals(0, cause.declaredLength());
            Await.idle(loop);
            assertEquals(List.of("1:a", "closed"), peered.heard());
        }
    }

    // row 4
    @ParameterizedTest
    @ValueSource(longs = {MAX_LENGTH + 1, 0x7FFFFFFFL, 0x80000000L, 0xFFFFFFFFL})
    void aLengthAbove64MiBIsRefusedBeforeAnythingIsAllocated(long length) throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop).pushed()) {
            long before = DirectMemory.usedBytes();
            peered.peer().write(Frames.header(7, length));
            InvalidFrameException cause = assertInstanceOf(InvalidFrameException.class, peered.awaitClose());
            assertEquals(7, cause.channelId());
            assertEquals(length, cause.declaredLength());
            DirectMemory.assertGrownByLessThan(LITTLE_MEMORY, before);
        }
    }

    @Test
    void aPipeThatWasToldToTakesLessRefusesMore() throws Exception {
        PipeOptions options = PipeOptions.builder().maxFrameLength(4).build();
        try (PeeredPipe peered = PeeredPipe.adopt(loop, options).pushed()) {
            peered.peer().write(Frames.concat(Frames.frame(1, "four"), Frames.header(2, 5)));
            InvalidFrameException cause = assertInstanceOf(InvalidFrameException.class, peered.awaitClose());
            assertEquals(5, cause.declaredLength());
            assertEquals(List.of("1:four", "closed"), peered.heard());
            assertTrue(cause.getMessage().contains("4"), cause::getMessage);
        }
    }

    @Test
    void theBytesThatAreShownBeginWithTheBadHeader() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop).pushed()) {
            peered.peer().write(Frames.concat(Frames.burst(10, 10), "Traceback".getBytes(StandardCharsets.US_ASCII)));
            InvalidFrameException cause = assertInstanceOf(InvalidFrameException.class, peered.awaitClose());
            assertTrue(cause.getMessage().endsWith("\"Traceback\""), cause::getMessage);
        }
    }

    @Test
    void aBadLengthEndsThatPipeOnly() throws Exception {
        try (PeeredPipe bad = PeeredPipe.adopt(loop).pushed();
                PeeredPipe good = PeeredPipe.adopt(loop).pushed()) {
            good.peer().write(Frames.frame(1, "before"));
            bad.peer().write(Frames.header(1, 0));
            bad.awaitClose();
            good.peer().write(Frames.frame(1, "after"));
            Await.idle(loop);
            assertEquals(List.of("1:before", "1:after"), good.heard());
        }
    }

    // row 6
    @Test
    void plainTextIsShownEscapedAndBounded() throws Exception {
        String text = "Exception in thread \"main\" \\ \0\033[31m\n\u00fc" + "x".repeat(100_000);
        try (PeeredPipe peered = PeeredPipe.adopt(loop).pushed()) {
            peered.peer().write(text);
            InvalidFrameException cause = assertInstanceOf(InvalidFrameException.class, peered.awaitClose());
            String message = cause.getMessage();
            assertEquals('E' << 8 | 'x', cause.channelId());
            assertTrue(message.contains("Exception in thread \\\"main\\\" \\\\ \\x00\\x1b[31m\\x0a\\xfc"), message);
            assertTrue(message.chars().allMatch(character -> character >= ' ' && character <= '~'), message);
            assertTrue(message.length() < 400, message);
        }
    }

    // row 6
    @Test
    void aShortTextIsShownWhole() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop).pushed()) {
            peered.peer().write("usage: worker\n");
            Throwable cause = peered.awaitClose();
            assertTrue(cause.getMessage().endsWith("\"usage: worker\\x0a\""), cause::getMessage);
        }
    }

    // row 4
    @Test
    void aFrameOf64MiBIsAccepted() throws Exception {
        byte[] payload = Frames.pattern(3, MAX_LENGTH);
        List<byte[]> received = new ArrayList<>();
        try (PeeredPipe peered = PeeredPipe.adopt(loop)) {
            peered.pipe().onFrame((pipe, channelId, view) -> received.add(Frames.bytes(view)));
            try (Background writer = Background.run("peer", () -> writeFrame(peered, payload))) {
                Await.turns(loop, "the frame", () -> !received.isEmpty());
            }
            assertArrayEquals(payload, received.get(0));
            peered.peer().close();
            assertNull(peered.awaitClose());
        }
    }

    private static void writeFrame(PeeredPipe peered, byte[] payload) throws IOException {
        peered.peer().write(Frames.header(7, payload.length));
        peered.peer().write(payload);
    }

    // row 5
    @Test
    void memoryFollowsTheBytesReceivedAndNotTheLengthClaimed() throws Exception {
        try (PeeredPipe peered = PeeredPipe.adopt(loop).pushed()) {
            long before = DirectMemory.usedBytes();
            peered.peer().write(Frames.header(7, MAX_LENGTH));
            for (int count = 0; count < 10; count++) {
                peered.peer().write((byte) count);
                Await.idle(loop);
            }
            DirectMemory.assertGrownByLessThan(LITTLE_MEMORY, before);
            for (int received = 0; received < 8 << 20; received += 64 << 10) {
                peered.peer().write(new byte[64 << 10]);
                Await.idle(loop);
            }
            DirectMemory.assertGrownByLessThan(3 * (8 << 20), before); // a block, and the one it has just moved from
            assertEquals(List.of(), peered.heard());
        }
    }

    // row 5
    @Test
    void aFrameThatTricklesInEndsThePipeWhenItsTimeIsOver() throws Exception {
        PipeOptions options =
                PipeOptions.builder().partialFrameTimeout(Duration.ofMillis(50)).build();
        try (PeeredPipe peered = PeeredPipe.adopt(loop, options).pushed()) {
            peered.peer().write(Frames.concat(Frames.frame(1, "whole"), Frames.header(7, MAX_LENGTH)));
            int trickled = 0;
            Await.idle(loop);
            while (!peered.isClosed()) {
                peered.peer().write((byte) 0);
                trickled++;
                loop.poll(TimeUnit.MILLISECONDS.toNanos(10));
            }
            FrameTimeoutException cause = assertInstanceOf(FrameTimeoutException.class, peered.awaitClose());
            assertEquals(6L + MAX_LENGTH, cause.wantedBytes());
            assertTrue(cause.gotBytes() >= 6 && cause.gotBytes() <= 6 + trickled, cause::getMessage);
            assertEquals(List.of("1:whole", "closed"), peered.heard());
        }
    }
}
