package io.evloop.bench.compare.peer;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.aeron.logbuffer.BufferClaim;
import io.aeron.logbuffer.FragmentHandler;
import java.nio.ByteBuffer;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.BusySpinIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Aeron IPC, shared memory instead of a socket: the upper reference. Two cores have no room for the threads of a media
 * driver, so that it runs on the thread of the side that sends, and every client's conductor on its own side's.
 */
final class AeronTransport implements Transport {

    private static final String DIRECTORY = "aeron";
    private static final long DEADLINE_NANOS = 20_000_000_000L;
    private static final int LARGE_TERM = 16 * 1024 * 1024;
    private static final int FAN_IN_TERM = 256 * 1024;
    private static final int IPC_MTU = 64 * 1024 - 32;
    private static final int FAN_IN_MTU = FAN_IN_TERM / 8; // the most that a term of this length allows
    private static final int TURNS_PER_SERVICE = 512;
    private static final int FRAGMENTS_PER_POLL = 256;
    private static final int REPLY_STREAMS = 100_000;

    private AgentInvoker driver;
    private Aeron aeron;
    private IdleStrategy idle;
    private int turns;

    @Override
    public void run(Job job, Party[] parties) {
        idle = job.spinning() ? BusySpinIdleStrategy.INSTANCE : new BackoffIdleStrategy();
        String directory = Job.directory().resolve(DIRECTORY).toString();
        try (MediaDriver embedded = job.role().connects() ? launchDriver(job, directory) : null) {
            driver = embedded == null ? null : embedded.sharedAgentInvoker();
            Aeron.Context context = new Aeron.Context()
                    .aeronDirectoryName(directory)
                    .useConductorAgentInvoker(true)
                    .preTouchMappedMemory(true);
            if (driver != null) {
                context.driverAgentInvoker(driver);
            }
            try (Aeron connected = Aeron.connect(context)) {
                aeron = connected;
                serve(job, parties);
            }
        }
    }

    private static MediaDriver launchDriver(Job job, String directory) {
        return MediaDriver.launch(new MediaDriver.Context()
                .aeronDirectoryName(directory)
                .threadingMode(ThreadingMode.INVOKER)
                .ipcMtuLength(job.pipes() > 1 ? FAN_IN_MTU : IPC_MTU)
                .ipcTermBufferLength(job.pipes() > 1 ? FAN_IN_TERM : LARGE_TERM)
                .termBufferSparseFile(false)
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true));
    }

    /** What has no thread of its own: the driver, which moves the limits of the publications, and the client's conductor. */
    private void service() {
        if (driver != null) {
            driver.invoke();
        }
        aeron.conductorAgentInvoker().invoke();
    }

    private void serve(Job job, Party[] parties) {
        AeronPipe[] pipes = new AeronPipe[parties.length];
        for (int i = 0; i < pipes.length; i++) {
            pipes[i] = new AeronPipe(job, i, parties[i]);
        }
        for (AeronPipe pipe : pipes) {
            pipe.awaitConnection();
        }
        for (int open = pipes.length; open > 0; ) {
            int work = 0;
            for (AeronPipe pipe : pipes) {
                if (!pipe.closed) {
                    work += pipe.work();
                    open -= pipe.closed ? 1 : 0;
                }
            }
            if (work == 0 || ++turns % TURNS_PER_SERVICE == 0) {
                service();
            }
            idle.idle(work);
        }
    }

    /** A publication there and a subscription back. */
    private final class AeronPipe implements FrameOutput {
        private final Party party;
        private final boolean alone;
        private final boolean waitsForPeer;
        private final ExclusivePublication publication;
        private final Subscription subscription;
        private final FragmentHandler handler;
        private final BufferClaim claim = new BufferClaim();
        private final UnsafeBuffer head = new UnsafeBuffer(ByteBuffer.allocateDirect(Wire.HEADER_LENGTH));
        private final UnsafeBuffer body = new UnsafeBuffer(0, 0);
        private ByteBuffer bodyBytes;
        private boolean refused = true;
        private boolean closed;

        AeronPipe(Job job, int index, Party party) {
            this.party = party;
            alone = job.pipes() == 1;
            waitsForPeer = job.role().connects();
            int there = 1 + index;
            int back = REPLY_STREAMS + index;
            publication = aeron.addExclusivePublication("aeron:ipc", waitsForPeer ? there : back);
            subscription = aeron.addSubscription("aeron:ipc", waitsForPeer ? back : there);
            FragmentHandler whole =
                    (buffer, offset, length, header) -> deliver(buffer.byteBuffer(), buffer.wrapAdjustment() + offset);
            handler = new FragmentAssembler(whole, job.frameLength(), true);
        }

        void awaitConnection() {
            long deadline = System.nanoTime() + DEADLINE_NANOS;
            while (!publication.isConnected() || !subscription.isConnected()) {
                service();
                if (System.nanoTime() - deadline > 0) {
                    throw new IllegalStateException("the other side did not connect");
                }
            }
        }

        private void deliver(ByteBuffer bytes, int frame) {
            party.onFrame(
                    this, Wire.channelId(bytes, frame), bytes, frame + Wire.HEADER_LENGTH, Wire.length(bytes, frame));
        }

        int work() {
            int work = 0;
            if (refused && !party.finished()) {
                refused = false;
                party.onRoom(this);
                work++;
            }
            work += subscription.poll(handler, FRAGMENTS_PER_POLL);
            if (party.finished() && (!waitsForPeer || !publication.isConnected())) {
                // The driver lives as long as this side: the other one, which got the end, has left before.
                publication.close();
                subscription.close();
                closed = true;
            }
            return work;
        }

        @Override
        public boolean offer(int channelId, ByteBuffer source, int offset, int length) {
            while (true) {
                long position = tryOffer(channelId, source, offset, length);
                if (position > 0) {
                    return true;
                }
                if (position == Publication.BACK_PRESSURED && !alone) {
                    service();
                    refused = true;
                    return false;
                }
                if (position != Publication.BACK_PRESSURED && position != Publication.ADMIN_ACTION) {
                    throw new IllegalStateException("offer: " + Publication.errorString(position));
                }
                service();
            }
        }

        @SuppressWarnings("ReferenceEquality") // which buffer it is, not what is in it
        private long tryOffer(int channelId, ByteBuffer source, int offset, int length) {
            int frameLength = Wire.HEADER_LENGTH + length;
            if (frameLength > publication.maxPayloadLength()) {
                if (bodyBytes != source) {
                    bodyBytes = source;
                    body.wrap(source);
                }
                Wire.putHeader(head.byteBuffer(), 0, channelId, length);
                return publication.offer(head, 0, Wire.HEADER_LENGTH, body, offset, length);
            }
            long position = publication.tryClaim(frameLength, claim);
            if (position > 0) {
                ByteBuffer bytes = claim.buffer().byteBuffer();
                int at = claim.buffer().wrapAdjustment() + claim.offset();
                Wire.putHeader(bytes, at, channelId, length);
                bytes.put(at + Wire.HEADER_LENGTH, source, offset, length);
                claim.commit();
            }
            return position;
        }
    }
}
