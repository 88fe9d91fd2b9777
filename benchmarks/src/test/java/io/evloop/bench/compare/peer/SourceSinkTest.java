package io.evloop.bench.compare.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is sent and what is checked, without anything in between. */
class SourceSinkTest {

    private final Meter sent = new Meter();
    private final Meter received = new Meter();

    private final List<Integer> ends = new ArrayList<>();

    private void transfer(Source source, Sink sink, int pipes) {
        Party[] senders = new Party[pipes];
        for (int i = 0; i < pipes; i++) {
            senders[i] = source.pipe(i);
        }
        for (boolean going = true; going; ) {
            going = false;
            for (int i = 0; i < pipes; i++) {
                Party receiver = sink.pipe(i);
                int[] room = {100};
                senders[i].onRoom((channelId, bytes, offset, length) -> {
                    boolean accepted = room[0]-- > 0;
                    if (accepted) {
                        receiver.onFrame(null, channelId, bytes, offset, length);
                    }
                    return accepted;
                });
                if (receiver.finished() && !ends.contains(i)) {
                    ends.add(i);
                }
                going |= !senders[i].finished();
            }
        }
    }

    private static String frames(Meter meter) {
        StringBuilder json = new StringBuilder();
        meter.appendTo(json);
        return json.substring(0, json.indexOf(",\"nanos\""));
    }

    @Test
    void countTheSameFramesOverOnePipe() {
        Job job = Jobs.of(Job.Role.SENDER, 64, 1, 5, 20);
        Sink sink = new Sink(job, received);
        transfer(new Source(job, sent), sink, 1);
        assertTrue(sink.pipe(0).finished());
        assertEquals(frames(sent), frames(received));
    }

    @Test
    void findsManyPipesThatAreServedAlikeFair() {
        Job job = Jobs.of(Job.Role.SENDER, 64, 16, 5, 50);
        Sink sink = new Sink(job, received);
        transfer(new Source(job, sent), sink, 16);
        for (int i = 0; i < 16; i++) {
            assertTrue(sink.pipe(i).finished(), "pipe " + i);
        }
        assertTrue(sink.jain() > 0.9 && sink.jain() <= 1.000001, "Jain's index " + sink.jain());
    }

    @Test
    void endNoPipeWithinTheWindow() {
        for (int round = 0; round < 20; round++) { // so that now and then the time is up while it is another one's turn
            Job job = Jobs.of(Job.Role.SENDER, 64, 16, 1, 2);
            ends.clear();
            transfer(new Source(job, new Meter()), new Sink(job, new Meter()), 16);
            assertEquals(16, ends.size());
            assertEquals(0, ends.get(0), "the first to end, of " + ends);
        }
    }

    @Test
    void closeTheWindowWithTheFirstPipeThatEnds() {
        Sink sink = new Sink(Jobs.of(Job.Role.RECEIVER, 64, 2, 0, 0), received);
        ByteBuffer payload = Wire.newPayloads(64, 1);
        sink.pipe(0).onFrame(null, Wire.CONTROL_CHANNEL, Wire.control(Wire.BEGIN), 0, Wire.CONTROL_LENGTH);
        for (long sequence = 0; sequence < 2; sequence++) {
            Wire.stamp(payload, 0, 64, sequence);
            sink.pipe(0).onFrame(null, Wire.channelOf(sequence), payload, 0, 64);
        }
        sink.pipe(1).onFrame(null, Wire.CONTROL_CHANNEL, Wire.control(Wire.END), 0, Wire.CONTROL_LENGTH);
        Wire.stamp(payload, 0, 64, 2);
        sink.pipe(0).onFrame(null, Wire.channelOf(2), payload, 0, 64);
        sink.pipe(0).onFrame(null, Wire.CONTROL_CHANNEL, Wire.control(Wire.END), 0, Wire.CONTROL_LENGTH);
        assertTrue(sink.pipe(0).finished() && sink.pipe(1).finished());
        assertEquals(",\"frames\":2", frames(received));
    }

    @Test
    void passOverAnEndInFrontOfTheWindow() {
        Sink sink = new Sink(Jobs.of(Job.Role.RECEIVER, 64, 2, 0, 0), received);
        sink.pipe(1).onFrame(null, Wire.CONTROL_CHANNEL, Wire.control(Wire.END), 0, Wire.CONTROL_LENGTH);
        assertTrue(sink.pipe(1).finished());
        for (int code = Wire.BEGIN; code <= Wire.END; code++) {
            sink.pipe(0).onFrame(null, Wire.CONTROL_CHANNEL, Wire.control(code), 0, Wire.CONTROL_LENGTH);
        }
        assertEquals(",\"frames\":0", frames(received));
    }

    @Test
    void leaveAPayloadAloneWhileItIsInUse() {
        Job job = Jobs.of(Job.Role.SENDER, 64 * 1024, 1, 60_000, 60_000);
        Party sender = new Source(job, sent).pipe(0);
        OneAtATime output = new OneAtATime();
        sender.onRoom(output);
        for (int frame = 0; frame < 100; frame++) {
            assertEquals(frame, output.inUse.getLong(output.offset), "the sequence number, while the frame is sent");
            output.ready = true;
            sender.onRoom(output);
        }
    }

    /** Copies nothing, and so refuses until what it has is sent; control frames come in between. */
    private static final class OneAtATime implements FrameOutput {
        private boolean ready = true;
        private ByteBuffer inUse;
        private int offset;

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public boolean offer(int channelId, ByteBuffer source, int index, int length) {
            if (channelId != Wire.CONTROL_CHANNEL) {
                assertTrue(ready, "a frame was offered while another one was in use");
                ready = false;
                inUse = source;
                offset = index;
            }
            return true;
        }
    }

    @Test
    void refuseAFrameThatIsMissing() {
        Job job = Jobs.of(Job.Role.SENDER, 64, 1, 5, 20);
        Sink sink = new Sink(job, received);
        Party receiver = sink.pipe(0);
        int[] count = {0};
        Party sender = new Source(job, sent).pipe(0);
        FrameOutput losing = (channelId, bytes, offset, length) -> {
            if (++count[0] != 50) {
                receiver.onFrame(null, channelId, bytes, offset, length);
            }
            return true;
        };
        assertThrows(IllegalStateException.class, () -> sender.onRoom(losing));
    }
}
