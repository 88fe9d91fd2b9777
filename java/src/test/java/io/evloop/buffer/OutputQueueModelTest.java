package io.evloop.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.sys.Errno;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.RawSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** The queue against a model that is one array of all bytes ever appended. */
@ExactCalls("what one write takes")
class OutputQueueModelTest {

    private enum Kind {
        APPEND,
        GIVE_UP_ROOM,
        WRITE,
        TAKE
    }

    private record Step(Kind kind, int length) {}

    @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
    void sendsWhatWasAppendedInOrderAndCountsIt(@ForAll("steps") List<Step> steps) throws IOException {
        BufferPool pool = new BufferPool(1 << 20, () -> {});
        OutputQueue queue = new OutputQueue(pool, new IoVectors());
        ByteArrayOutputStream appended = new ByteArrayOutputStream();
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket socket = pair[0].nonBlocking().tinySendBuffer();
                RawSocket peer = pair[1].nonBlocking()) {
            Sink sink = new Sink(socket.fd(), true);
            for (Step step : steps) {
                switch (step.kind) {
                    case APPEND -> append(queue, appended, step.length);
                    case GIVE_UP_ROOM -> {
                        queue.makeRoom(step.length);
                        queue.releaseIfEmpty();
                    }
                    case WRITE -> write(queue, sink);
                    default -> take(peer, received, step.length);
                }
                assertTrue(queue.accountedBytes() >= queue.queuedBytes());
                assertTrue(queue.queuedBytes() <= appended.size() - received.size());
                assertTrue(queue.queuedBytes() > 0 || queue.accountedBytes() == 0);
            }
            while (!queue.isEmpty() || received.size() < appended.size()) {
                write(queue, sink);
                take(peer, received, 1 << 20);
            }
        }
        assertArrayEquals(appended.toByteArray(), received.toByteArray());
        assertEquals(0, pool.leasedBytes());
    }

    private static void append(OutputQueue queue, ByteArrayOutputStream appended, int length) {
        byte[] bytes = Frames.pattern(appended.size(), length);
        long accounted = queue.accountedBytes() + queue.growth(length);
        queue.makeRoom(length);
        queue.bytes().put(queue.position(), bytes);
        queue.advance(length);
        assertEquals(accounted, queue.accountedBytes());
        appended.writeBytes(bytes);
    }

    private static void write(OutputQueue queue, Sink sink) {
        int result = queue.writeTo(sink);
        assertEquals(queue.isEmpty() ? OutputQueue.DRAINED : OutputQueue.BLOCKED, result);
    }

    private static void take(RawSocket peer, ByteArrayOutputStream received, int length) throws IOException {
        try {
            received.writeBytes(peer.readSome(length));
        } catch (NativeIoException e) {
            assertEquals(Errno.EAGAIN, e.errno());
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Integer> lengths = Arbitraries.frequencyOf(
                Tuple.of(8, Arbitraries.integers().between(1, 3_000)),
                Tuple.of(1, Arbitraries.integers().between(60_000, 140_000)));
        return Combinators.combine(Arbitraries.of(Kind.class), lengths)
                .as(Step::new)
                .list()
                .ofMaxSize(40);
    }
}
