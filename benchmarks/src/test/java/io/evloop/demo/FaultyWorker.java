package io.evloop.demo;

import io.evloop.BlockingPipe;
import io.evloop.Frame;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** Sends every frame back, but does one thing wrong. */
final class FaultyWorker {

    enum Fault {
        /** Flips a bit in the last byte of a frame in the middle of the load. */
        FLIP,
        /** Sends a frame of its own after the large one. */
        ADD
    }

    private static final int VICTIM = 100;

    private FaultyWorker() {}

    static WorkerProgram with(Fault fault) {
        List<String> command = WorkerProgram.java(FaultyWorker.class.getName()).command();
        return new WorkerProgram(
                "Faulty",
                Stream.concat(command.stream(), Stream.of(fault.name())).toList());
    }

    public static void main(String[] arguments) throws IOException {
        Fault fault = Fault.valueOf(arguments[0]);
        int number = 0;
        try (BlockingPipe pipe = BlockingPipe.inherited()) {
            for (Frame frame = pipe.readFrame(); frame != null; frame = pipe.readFrame()) {
                byte[] payload = new byte[frame.payload().remaining()];
                frame.payload().get(payload);
                if (fault == Fault.FLIP && number == VICTIM) {
                    payload[payload.length - 1] ^= 1;
                }
                pipe.writeFrame(frame.channelId(), payload, 0, payload.length);
                if (fault == Fault.ADD && payload.length == Traffic.LARGE) {
                    pipe.writeFrame(frame.channelId(), payload, 0, 1);
                }
                number++;
            }
        }
    }
}
