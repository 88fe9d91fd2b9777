package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.evloop.testing.Await;
import io.evloop.testing.CallbackPlace;
import io.evloop.testing.CallbackStage;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Callbacks that throw. */
class HandlerErrorTest {

    static Stream<Arguments> placesAndErrors() {
        return Stream.of(CallbackPlace.values())
                .flatMap(place -> Stream.of(
                        Arguments.of(place, new IllegalArgumentException("from the test")),
                        Arguments.of(place, new AssertionError("from the test")),
                        Arguments.of(place, new IOException("checked, and thrown all the same"))));
    }

    // row 27
    @ParameterizedTest
    @MethodSource("placesAndErrors")
    void endsItsOwnWithThatCauseAndIsHeardOnce(CallbackPlace place, Throwable error) throws Exception {
        try (CallbackStage stage = CallbackStage.open()) {
            stage.perform(place, () -> {
                if (error instanceof Error severe) {
                    throw severe;
                }
                throw (Exception) error;
            });
            TestLoop.Heard heard = stage.test().takeError();
            assertSame(error, heard.error());
            assertSame(stage.source(), heard.source());
            assertEquals(1, stage.calls());
            if (place.isStream()) {
                assertEquals(1, stage.closes().size());
                Throwable cause = stage.closes().get(0);
                assertSame(place == CallbackPlace.CLOSE ? null : error, cause);
            } else if (place == CallbackPlace.WATCH) {
                assertFalse(((Watch) stage.source()).isActive());
            }
            stage.other().peer().write(Frames.frame(5, "alive"));
            Await.idle(stage.loop());
            assertEquals(List.of("5:alive"), stage.other().heard());
        }
    }

    @Test
    void aFrameWhoseHandlerThrowsIsConsumed() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            peered.pipe().onFrame((pipe, channelId, payload) -> {
                throw new IllegalArgumentException("from the test");
            });
            peered.peer().write(Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b")));
            peered.awaitClose();
            assertEquals(1, peered.pipe().stats().framesIn());
            test.takeError();
        }
    }

    // row 27
    @Test
    void anErrorHandlerThatClosesThePipeHidesNoCause() throws Exception {
        IllegalArgumentException error = new IllegalArgumentException("from the handler");
        List<WriteResult> results = new ArrayList<>();
        EventLoopOptions options = EventLoopOptions.builder()
                .errorHandler((source, given) -> {
                    results.add(((Pipe) source).writeFrame(9, new byte[] {'b'}, 0, 1));
                    ((Pipe) source).close();
                })
                .build();
        List<Throwable> causes = new ArrayList<>();
        try (EventLoop loop = EventLoop.open(options);
                PeeredPipe peered = PeeredPipe.adopt(loop)) {
            peered.pipe()
                    .onFrame((pipe, channelId, payload) -> {
                        throw error;
                    })
                    .onClose((pipe, cause) -> causes.add(cause));
            peered.peer().write(Frames.frame(1, "a"));
            Await.turns(loop, "the close", () -> !causes.isEmpty());
        }
        assertEquals(List.of(error), causes);
        assertEquals(List.of(WriteResult.OK), results, "it was not closed before its error handler was told");
    }

    @Test
    void whatTheErrorHandlerItselfThrowsIsLoggedAndGoesNoFurther() throws Exception {
        RuntimeException first = new IllegalArgumentException("from the task");
        RuntimeException second = new IllegalArgumentException("from the error handler");
        EventLoopOptions options = EventLoopOptions.builder()
                .errorHandler((source, error) -> {
                    throw second;
                })
                .build();
        try (CapturedLog log = new CapturedLog();
                EventLoop loop = EventLoop.open(options)) {
            boolean[] done = new boolean[1];
            loop.execute(() -> {
                throw first;
            });
            loop.execute(() -> done[0] = true);
            Await.turns(loop, "the second task", () -> done[0]);
            assertSame(first, log.thrown);
            assertSame(second, first.getSuppressed()[0]);
        }
    }

    @Test
    void anErrorHandlerMayThrowWhatItWasGiven() throws Exception {
        RuntimeException error = new IllegalArgumentException("from the handler");
        EventLoopOptions options = EventLoopOptions.builder()
                .errorHandler((source, given) -> {
                    throw (RuntimeException) given;
                })
                .build();
        int[] closes = new int[1];
        try (CapturedLog log = new CapturedLog();
                EventLoop loop = EventLoop.open(options);
                PeeredPipe peered = PeeredPipe.adopt(loop)) {
            peered.pipe().onClose((pipe, cause) -> {
                closes[0]++;
                throw error;
            });
            peered.pipe().close();
            Await.idle(loop);
            assertSame(error, log.thrown);
        }
        assertEquals(1, closes[0]);
    }

    @Test
    void withoutAnErrorHandlerItIsLogged() throws Exception {
        RuntimeException error = new IllegalArgumentException("from the task");
        try (CapturedLog log = new CapturedLog();
                EventLoop loop = EventLoop.open()) {
            loop.execute(() -> {
                throw error;
            });
            Await.idle(loop);
            assertSame(error, log.thrown);
            assertNull(log.more);
        }
    }

    /** What is logged under {@code io.evloop}, and kept from the console. */
    private static final class CapturedLog extends Handler implements AutoCloseable {

        private final Logger logger = Logger.getLogger("io.evloop");
        private Throwable thrown;
        private Throwable more;

        CapturedLog() {
            logger.setUseParentHandlers(false);
            logger.addHandler(this);
        }

        @Override
        public void publish(LogRecord entry) {
            more = thrown;
            thrown = entry.getThrown();
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            logger.removeHandler(this);
            logger.setUseParentHandlers(true);
        }
    }
}
