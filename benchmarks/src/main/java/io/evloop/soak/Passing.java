package io.evloop.soak;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Descriptors that travel with frames: one end of a pair goes over another pipe, is taken on there or left lying, and talks to
 * the end that stayed behind. Invariants: each comes with its own frame; who takes it can be talked to; one that nobody takes
 * is closed, which the other end hears.
 */
final class Passing implements Actor {

    private static final long BETWEEN_NANOS = 3_000_000L;
    private static final long AGAIN_NANOS = 100_000_000L;
    private static final int LIMIT = 4;

    private final EventLoop loop;
    private final Ledger ledger;
    private final RandomGenerator random;
    private final ByteBuffer number = ByteBuffer.allocateDirect(Integer.BYTES);
    /** Numbers of the descriptors that were taken, and whose pairs have not ended. */
    private final Set<Integer> adopted = new HashSet<>();

    private Pipe carrier;
    private int sent;
    private int received;
    private int open;
    private boolean over;

    Passing(EventLoop loop, Ledger ledger, RandomGenerator random) {
        this.loop = loop;
        this.ledger = ledger;
        this.random = random;
    }

    @Override
    public void begin() {
        if (over) {
            return;
        }
        try {
            Pipe[] pair = Pipe.pair(loop, loop);
            carrier = pair[0].onClose((pipe, cause) -> carrierClosed());
            pair[1].onClose((pipe, cause) -> {
                if (cause != null) {
                    ledger.failed("the carrier", cause);
                } else {
                    ledger.check(received == sent, "of " + sent + " frames the carrier brought " + received);
                }
            });
            received = sent; // those of an earlier carrier may be lost
            pair[1].acceptFds(LIMIT).onFrame(this::receive);
            loop.schedule(BETWEEN_NANOS, this::send);
        } catch (IOException e) {
            ledger.failed("a pair", e);
            loop.schedule(AGAIN_NANOS, this::begin);
        }
    }

    /** After a descriptor was lost for want of room in the table; or at the end. */
    private void carrierClosed() {
        carrier = null;
        loop.schedule(AGAIN_NANOS, this::begin);
    }

    private void send() {
        if (over || carrier == null) {
            leaveCarrier();
            return;
        }
        try {
            Pipe[] pair = Pipe.pair(loop, loop);
            open++;
            int mine = sent;
            boolean[] passed = {false};
            boolean[] answered = {false};
            pair[0].onFrame((pipe, channelId, payload) -> {
                        answered[0] = true;
                        pipe.close();
                    })
                    .onClose((pipe, cause) -> {
                        open--;
                        if (cause != null
                                && !Ledger.isLossOfPeer(cause)) { // what it said is lost with a descriptor nobody took
                            ledger.failed("a passed pair", cause);
                        }
                        ledger.check(
                                !adopted.remove(mine) || answered[0],
                                "who took descriptor " + mine + " did not answer");
                    });
            number.clear().putInt(0, sent);
            ledger.check(pair[0].writeFrame(0, number).isAccepted(), "a passed pair takes no frame");
            boolean sends = false;
            try {
                number.clear();
                sends = carrier.writeFrame(0, number, pair[1].connection().fd()).isAccepted();
            } catch (IOException e) {
                ledger.failed("writeFrame with a descriptor", e);
            }
            passed[0] = sends;
            sent += sends ? 1 : 0;
            pair[1].close();
        } catch (IOException e) {
            ledger.failed("a pair", e);
        }
        loop.schedule(BETWEEN_NANOS, this::send);
    }

    private void leaveCarrier() {
        if (carrier != null) {
            carrier.closeAfterFlush();
        }
    }

    private void receive(Pipe pipe, int channelId, ByteBuffer payload) {
        int mine = payload.getInt(payload.position());
        ledger.check(mine == received, "frame " + received + " of the carrier came as " + mine);
        received++;
        if (random.nextInt(4) == 0) {
            return; // closed by the pipe, as nobody has taken it
        }
        int fd = pipe.takeFd();
        ledger.check(fd >= 0 && pipe.takeFd() < 0, "frame " + mine + " came without its descriptor, or with two");
        if (fd < 0) {
            return;
        }
        try {
            Pipe taken = Pipe.adopt(loop, fd, mine);
            adopted.add(mine);
            taken.onFrame((from, channel, said) -> {
                ledger.check(said.getInt(said.position()) == mine, "a descriptor came with the frame of another");
                ledger.descriptors.incrementAndGet();
                from.writeFrame(channel, said);
                from.closeAfterFlush();
            });
        } catch (IOException e) {
            ledger.violation("adopt: " + e);
        }
    }

    @Override
    public void leaveOff() {
        over = true;
    }

    @Override
    public boolean isIdle() {
        return over && carrier == null && open == 0;
    }

    @Override
    public String toString() {
        return "descriptors passed: " + sent + " sent, " + received + " received, " + open + " pairs open";
    }
}
