package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.evloop.testing.Await;
import io.evloop.testing.EchoProgram;
import io.evloop.testing.Frames;
import io.evloop.testing.Journal;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames to workers in three languages and back. */
class WorkerEchoTest {

    private static final int MIB = 1024 * 1024;
    private static final int[] LENGTHS = {
        1, 2, 5, 6, 7, 63, 64, 1000, 4095, 4096, 8192, 65_530, 65_536, 100_000, 262_138, 262_144, 524_288, MIB - 1, MIB
    };
    private static final int[] CHANNELS = {0, 1, 255, 256, 0x7fff, 0x8000, 0xffff};

    /** Frames that are to come back, in order. What a handler throws would end the pipe: faults are kept instead. */
    private static final class Ledger {

        private final Queue<byte[]> payloads = new ArrayDeque<>();
        private final Queue<Integer> channels = new ArrayDeque<>();
        private final List<String> faults = new ArrayList<>();

        void write(Pipe pipe, int channelId, byte[] payload) {
            payloads.add(payload);
            channels.add(channelId);
            assertNotEquals(WriteResult.FULL, pipe.writeFrame(channelId, payload, 0, payload.length));
        }

        void onFrame(Pipe pipe, int channelId, ByteBuffer payload) {
            if (payloads.isEmpty()) {
                faults.add("too many frames");
            } else if (channels.remove() != channelId || !Arrays.equals(payloads.remove(), Frames.bytes(payload))) {
                faults.add("another frame than the one sent, " + payloads.size() + " before the last");
            }
        }

        boolean isSettled() {
            return payloads.isEmpty() || !faults.isEmpty();
        }

        void assertSettled() {
            assertEquals(List.of(), faults);
            assertEquals(0, payloads.size());
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyByteOfFramesOfMixedSizesComesBack(EchoProgram program) throws Exception {
        Ledger ledger = new Ledger();
        Journal journal = new Journal();
        WorkerBuilder builder = journal.of(program.worker()).onFrame(ledger::onFrame);
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = builder.start(loop);
            for (int round = 0; round < LENGTHS.length; round++) {
                int channelId = CHANNELS[round % CHANNELS.length];
                ledger.write(worker.pipe(), channelId, Frames.pattern(round, LENGTHS[round]));
            }
            Await.turns(loop, "the echoes", ledger::isSettled);
            worker.pipe().closeAfterFlush();
            assertEquals(new WorkerExit(0, 0, 0, 0, false), journal.awaitExit(loop));
            assertNull(journal.closeCause());
            ledger.assertSettled();
        }
    }

    @ParameterizedTest
    @EnumSource
    void roundTripsOneAtATime(EchoProgram program) throws Exception {
        Ledger ledger = new Ledger();
        Journal journal = new Journal();
        WorkerBuilder builder = journal.of(program.worker()).onFrame(ledger::onFrame);
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = builder.start(loop);
            for (int round = 0; round < 200; round++) {
                ledger.write(worker.pipe(), round, Frames.pattern(round, 1 + round * 31 % 5000));
                Await.turns(loop, "the echo", ledger::isSettled);
            }
            worker.pipe().closeAfterFlush();
            assertEquals(0, journal.awaitExit(loop).code());
            ledger.assertSettled();
        }
    }

    @Test
    void workersInEveryLanguageShareOneLoop() throws Exception {
        List<Ledger> ledgers = new ArrayList<>();
        List<Journal> journals = new ArrayList<>();
        List<Worker> workers = new ArrayList<>();
        try (EventLoop loop = EventLoop.open()) {
            for (EchoProgram program : EchoProgram.values()) {
                if (program.isAvailable()) {
                    Ledger ledger = new Ledger();
                    Journal journal = new Journal();
                    WorkerBuilder builder = journal.of(program.worker()).onFrame(ledger::onFrame);
                    workers.add(builder.start(loop));
                    ledgers.add(ledger);
                    journals.add(journal);
                }
            }
            for (int round = 0; round < 500; round++) {
                for (int index = 0; index < workers.size(); index++) {
                    ledgers.get(index).write(workers.get(index).pipe(), index, Frames.pattern(round, 1 + round * 7));
                }
            }
            Await.turns(loop, "all echoes", () -> ledgers.stream().allMatch(Ledger::isSettled));
            workers.forEach(worker -> worker.pipe().closeAfterFlush());
            for (Journal journal : journals) {
                assertEquals(0, journal.awaitExit(loop).code());
            }
            ledgers.forEach(Ledger::assertSettled);
        }
    }

    @Test
    void oneBuilderStartsAnyNumberOfWorkers() throws Exception {
        List<Long> pids = new ArrayList<>();
        List<WorkerExit> exits = new ArrayList<>();
        WorkerBuilder builder = EchoProgram.C
                .worker()
                .onFrame((pipe, channelId, payload) -> pipe.closeAfterFlush())
                .onExit((worker, exit) -> {
                    pids.add(worker.pid());
                    exits.add(exit);
                });
        try (EventLoop loop = EventLoop.open()) {
            for (int index = 0; index < 3; index++) {
                builder.start(loop).pipe().writeFrame(index, new byte[] {1}, 0, 1);
            }
            Await.turns(loop, "three exits", () -> exits.size() == 3);
            assertEquals(3, pids.stream().distinct().count());
            assertEquals(3, exits.stream().filter(WorkerExit::isSuccess).count());
        }
    }
}
