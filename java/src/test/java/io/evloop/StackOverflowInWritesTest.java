package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.TruncatedFrameException;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.Frames;
import io.evloop.testing.LoopThread;
import io.evloop.testing.RawSocket;
import io.evloop.testing.SmallStack;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Row 27: a writer that has no stack left, and lives on. What it was told is accepted arrives, once and whole; what has thrown
 * arrives whole or not at all; and the next frame is written as ever.
 */
class StackOverflowInWritesTest {

    private static final int CALLS = 9;
    private static final int MOST_CALLS = 10_000;
    private static final int LARGE_LENGTH = 400 * 1024;
    private static final int SENDER_CAPACITY = 16 * 1024;
    private static final int LAST = Integer.MAX_VALUE;

    /** One way to write the frame of a number; returns whether it is accepted. */
    @FunctionalInterface
    private interface Way {
        boolean write(int number);
    }

    /** A payload that tells its number, its length and whether it is whole. */
    private static byte[] payload(int number, int length) {
        byte[] payload = Frames.pattern(number, length);
        ByteBuffer.wrap(payload).putInt(0, number);
        return payload;
    }

    private static int lengthOf(int number) {
        return number == LAST ? 8 : 8 + number % 50;
    }

    /** Numbers of its own for each call, whatever becomes of it; and what was heard of them at the other end. */
    private static final class Record {

        /** An array: a collection without stack left may lose what it has. */
        private final boolean[] accepted = new boolean[MOST_CALLS];

        private final List<Integer> heard = new ArrayList<>();
        private int number;

        void writeAtTheEnd(Way... ways) {
            for (int call = 0; call < CALLS; call++) {
                Way way = ways[call % ways.length];
                SmallStack.atTheEnd(() -> {
                    int own = ++number;
                    if (way.write(own)) {
                        accepted[own] = true;
                    }
                });
            }
        }

        void hear(ByteBuffer payload, boolean large) {
            byte[] bytes = Frames.bytes(payload);
            int told = ByteBuffer.wrap(bytes).getInt(0);
            assertEquals(large && told != LAST ? LARGE_LENGTH : lengthOf(told), bytes.length);
            assertEquals(ByteBuffer.wrap(payload(told, bytes.length)), ByteBuffer.wrap(bytes), "torn");
            assertTrue(heard.isEmpty() || heard.get(heard.size() - 1) < told, "once, and in order");
            heard.add(told);
        }

        boolean isOver() {
            return !heard.isEmpty() && heard.get(heard.size() - 1) == LAST;
        }

        void check() {
            for (int own = 1; own <= number; own++) {
                assertTrue(!accepted[own] || heard.contains(own), own + " was accepted, and never heard");
            }
        }
    }

    private static boolean writeArray(Pipe pipe, int number) {
        return pipe.writeFrame(1, payload(number, lengthOf(number)), 0, lengthOf(number))
                .isAccepted();
    }

    private static boolean writeBuffer(Pipe pipe, int number) {
        return pipe.writeFrame(1, ByteBuffer.wrap(payload(number, lengthOf(number))))
                .isAccepted();
    }

    private static boolean claim(Pipe pipe, int number) {
        ByteBuffer room;
        try {
            room = pipe.claim(1, lengthOf(number));
        } catch (IllegalStateException e) {
            assertEquals("a claim is open: commit or abort it first", e.getMessage()); // that of the attempt before
            pipe.abort();
            room = pipe.claim(1, lengthOf(number));
        }
        room.put(payload(number, lengthOf(number)));
        return pipe.commit().isAccepted();
    }

    // row 27
    @Test
    void ofAPipe() throws Exception {
        SmallStack.playRounds(loop -> {
            Record record = new Record();
            Pipe[] pair = Pipe.pair(loop, loop);
            pair[1].onFrame((pipe, channelId, payload) -> record.hear(payload, false));
            assertTrue(writeArray(pair[0], 0)); // the memory is there: the JDK may lose that of a direct buffer
            loop.execute(() -> record.writeAtTheEnd(
                    number -> writeArray(pair[0], number),
                    number -> writeBuffer(pair[0], number),
                    number -> claim(pair[0], number)));
            loop.execute(() -> assertTrue(writeArray(pair[0], LAST)));
            Await.turns(loop, "the last frame", record::isOver);
            record.check();
            assertEquals(0, loop.context().queuedBytes());
            assertEquals(pair[1].stats().bytesIn(), pair[0].stats().bytesOut());
        });
    }

    // row 27
    @Test
    void ofALargeFrameThatGoesPastTheQueue() throws Exception {
        ByteBuffer large = ByteBuffer.allocateDirect(LARGE_LENGTH);
        SmallStack.playRounds(loop -> {
            Record record = new Record();
            List<Throwable> causes = new ArrayList<>();
            List<Throwable> causesOfPeer = new ArrayList<>();
            Pipe[] pair = Pipe.pair(loop, loop);
            pair[0].onClose((pipe, cause) -> causes.add(cause));
            pair[1].onFrame((pipe, channelId, payload) -> record.hear(payload, true))
                    .onClose((pipe, cause) -> causesOfPeer.add(cause));
            Runnable write = () -> {
                int own = ++record.number;
                large.clear().put(payload(own, LARGE_LENGTH)).flip();
                if (pair[0].writeFrame(1, large).isAccepted()) {
                    record.accepted[own] = true;
                }
            };
            write.run(); // the memory is there: the JDK loses that of a direct buffer for which the stack has ended
            Await.turns(loop, "the first frame", () -> !record.heard.isEmpty());
            SmallStack.atTheEnd(write);
            writeArray(pair[0], LAST);
            Await.turns(loop, "all that can come", () -> record.isOver() || !causesOfPeer.isEmpty());
            record.check();
            if (!record.isOver()) { // it was sent in part and the rest not queued, or sent and not counted
                Throwable ofPeer = causesOfPeer.get(0);
                assertTrue(ofPeer == null || ofPeer instanceof TruncatedFrameException, () -> "" + ofPeer);
                String told = causes.get(0).getMessage();
                assertTrue(told.startsWith("the stream broke off inside a frame"), told);
            }
        });
    }

    // row 27
    @Test
    void ofASender() throws Exception {
        try (LoopThread thread = LoopThread.start("loop")) {
            for (int round = 0; round < SmallStack.ROUNDS; round++) {
                Record record = new Record();
                Pipe[] pair = thread.call(() -> pairTo(thread.loop(), record));
                Sender sender = thread.call(() -> pair[0].sender(SENDER_CAPACITY));
                SmallStack.run(
                        round,
                        () -> record.writeAtTheEnd(
                                number -> send(sender, payload(number, lengthOf(number))),
                                number -> sender.writeFrame(1, ByteBuffer.wrap(payload(number, lengthOf(number))))
                                        .isAccepted()));
                Await.until("room", () -> send(sender, payload(LAST, lengthOf(LAST))));
                awaitLast(thread, record, sender, pair);
                record.check();
                thread.call(() -> {
                    pair[0].close();
                    return null;
                });
            }
        }
    }

    private static Pipe[] pairTo(EventLoop loop, Record record) throws IOException {
        Pipe[] pair = Pipe.pair(loop, loop);
        pair[1].onFrame((pipe, channelId, payload) -> record.hear(payload, false));
        return pair;
    }

    /** If it fails, it tells what stands still: the queue, the call for the loop, or the pipe behind them. */
    private static void awaitLast(LoopThread thread, Record record, Sender sender, Pipe[] pair) throws Exception {
        try {
            Await.until("the last frame", () -> isOver(thread, record));
        } catch (AssertionError e) {
            String state =
                    thread.call(() -> sender + " from " + pair[0].stats() + " to " + pair[1] + " " + pair[1].stats());
            thread.call(() -> {
                sender.serve();
                return null;
            });
            String served = thread.call(() -> sender + " to " + pair[1].stats());
            throw new AssertionError(state + "; after another call for the loop: " + served, e);
        }
    }

    private static boolean isOver(LoopThread thread, Record record) {
        try {
            return thread.call(record::isOver);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean send(Sender sender, byte[] payload) {
        return sender.writeFrame(1, payload, 0, payload.length).isAccepted();
    }

    // row 27
    @Test
    void ofABlockingPipe() throws Exception {
        for (int round = 0; round < SmallStack.ROUNDS; round++) {
            Record record = new Record();
            List<IOException> failures = new ArrayList<>();
            RawSocket[] pair = RawSocket.pair();
            BlockingPipe writer = BlockingPipe.adopt(pair[0].release());
            try (BlockingPipe reader = BlockingPipe.adopt(pair[1].release());
                    Background reading = Background.run("reader", () -> readToTheEnd(reader, record))) {
                SmallStack.run(
                        round,
                        () -> record.writeAtTheEnd(
                                number -> written(writer, number, false, failures),
                                number -> written(writer, number, true, failures)));
                if (failures.isEmpty()) {
                    written(writer, LAST, true, failures);
                }
                writer.close();
                reading.thread().join();
                if (failures.isEmpty()) {
                    record.check();
                    assertTrue(record.isOver(), "torn, and the writer was not told");
                }
            }
        }
    }

    private static void readToTheEnd(BlockingPipe reader, Record record) throws IOException {
        try {
            for (Frame frame = reader.readFrame(); frame != null; frame = reader.readFrame()) {
                record.hear(frame.payload(), false);
            }
        } catch (TruncatedFrameException e) {
            return; // the writer broke off
        }
    }

    private static boolean written(BlockingPipe pipe, int number, boolean array, List<IOException> failures) {
        byte[] payload = payload(number, lengthOf(number));
        try {
            if (array) {
                pipe.writeFrame(1, payload, 0, payload.length);
            } else {
                pipe.writeFrame(1, ByteBuffer.wrap(payload));
            }
            return true;
        } catch (IOException e) {
            failures.add(e);
            return false;
        }
    }
}
