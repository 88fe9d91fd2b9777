package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.frame.FrameLayout;
import io.evloop.sys.Errno;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.DirectMemory;
import io.evloop.testing.Frames;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.PeeredPipe;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The most direct memory that one peer can cost its supervisor, as README.md states it: measured and printed, each in a JVM
 * of its own, where nobody else takes any.
 */
class HostileWorkerTest {

    private static final int KIBIBYTE = 1024;

    // rows 5, 15 and 16
    @ParameterizedTest
    @CsvSource({
        "defaults, CLAIM, 131072",
        "defaults, CLAIM_AGAIN, 131072",
        "defaults, UNREAD, 131072",
        "defaults, STOPPED, 66560",
        "defaults, STOPPED_LARGE, 98304",
        "low, CLAIM, 512",
        "low, CLAIM_AGAIN, 512",
        "low, UNREAD, 512",
        "low, STOPPED, 512",
        "low, STOPPED_LARGE, 512"
    })
    void costsNoMoreThanItsLimitsLetIt(String limits, Attack attack, long boundKibibytes) throws Exception {
        JavaProcess.Result result = JavaProcess.of(Program.class)
                .options("-Xmx1g", "-XX:MaxDirectMemorySize=1g")
                .run(limits, attack.name());
        assertEquals(0, result.exitCode(), result.output());
        String last = result.output().strip().lines().reduce("", (first, second) -> second);
        long kibibytes = Long.parseLong(last) / KIBIBYTE;
        System.out.println("direct memory, " + limits + ", " + attack + ": " + kibibytes + " KiB");
        assertTrue(kibibytes <= boundKibibytes, kibibytes + " KiB");
    }

    /** What a peer does, and its supervisor with it. */
    enum Attack {
        /** A header claims as much as may be, and all of it comes but the last byte. */
        CLAIM {
            @Override
            void run(Program program) throws IOException {
                program.claim(1);
            }
        },
        /** The same behind whole frames of that length. */
        CLAIM_AGAIN {
            @Override
            void run(Program program) throws IOException {
                program.claim(0);
                program.claim(0);
                program.claim(1);
                assertEquals(2, program.peered.pipe().stats().framesIn());
            }
        },
        /** Frames that nobody takes: as many as are read. */
        UNREAD {
            @Override
            void run(Program program) throws IOException {
                program.peered.pipe().onReadable(from -> {});
                program.bytes.put(0, Frames.frame(1, new byte[program.bytes.capacity() - FrameLayout.HEADER_LENGTH]));
                program.send(Long.MAX_VALUE);
            }
        },
        /** Nothing is read, and the supervisor writes until it is refused. */
        STOPPED {
            @Override
            void run(Program program) {
                program.write(1_000);
            }
        },
        /** The same, with a frame at the end that takes the most room for its length. */
        STOPPED_LARGE {
            @Override
            void run(Program program) {
                int half = (int) (program.options.maxQueuedBytes() / 2);
                program.writeLess(half - 192 * KIBIBYTE, 1_000);
                program.write(Math.min(program.options.maxFrameLength(), half + KIBIBYTE));
                program.write(1_000);
            }
        };

        abstract void run(Program program) throws IOException;
    }

    static final class Program implements AutoCloseable {

        private static final PipeOptions LOW = PipeOptions.builder()
                .maxFrameLength(64 * KIBIBYTE)
                .lowWater(16 * KIBIBYTE)
                .highWater(64 * KIBIBYTE)
                .maxQueuedBytes(256 * KIBIBYTE)
                .build();

        private final ByteBuffer bytes = ByteBuffer.allocateDirect(32 * KIBIBYTE);
        private final EventLoop loop = EventLoop.open();
        private final PipeOptions options;
        private final PeeredPipe peered;
        private long before;
        private long peak;

        private Program(PipeOptions options) throws IOException {
            this.options = options;
            this.peered = PeeredPipe.adopt(loop, options);
        }

        public static void main(String[] arguments) throws IOException {
            try (Program program = new Program(arguments[0].equals("low") ? LOW : PipeOptions.DEFAULT)) {
                Attack attack = Attack.valueOf(arguments[1]);
                program.before = DirectMemory.usedBytes();
                attack.run(program);
                System.out.println(program.peak);
            }
        }

        /** Sends the longest frame that may be, but for so many bytes at its end. */
        private void claim(int missing) throws IOException {
            peered.pipe().onFrame((pipe, channelId, payload) -> {});
            int length = options.maxFrameLength();
            peered.peer().write(Frames.header(1, length));
            send(length - missing);
        }

        /** Sends until the kernel takes no more, or so many bytes are sent. */
        private void send(long length) throws IOException {
            peered.peer().nonBlocking();
            long sent = 0;
            int count = 0;
            while (sent < length && count != -Errno.EAGAIN) {
                long piece = Math.min(length - sent, bytes.capacity());
                count = Native.write(peered.peer().fd(), Native.addressOf(bytes), (int) piece);
                sent += Math.max(count, 0);
                settle();
            }
        }

        private void write(int length) {
            writeLess(Long.MAX_VALUE, length);
        }

        /** Writes frames until one is refused or so many bytes are queued. */
        private void writeLess(long queuedBytes, int length) {
            byte[] payload = new byte[length];
            WriteResult result = WriteResult.OK;
            while (result != WriteResult.FULL && peered.pipe().stats().queuedBytes() < queuedBytes) {
                result = peered.pipe().writeFrame(1, payload, 0, length);
                settle();
            }
        }

        private void settle() {
            Await.idle(loop);
            peak = Math.max(peak, DirectMemory.usedBytes() - before);
        }

        @Override
        public void close() throws IOException {
            peered.close();
            loop.close();
        }
    }
}
