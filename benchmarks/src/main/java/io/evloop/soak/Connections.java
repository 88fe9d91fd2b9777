package io.evloop.soak;

import io.evloop.Address;
import io.evloop.ConnectHandler;
import io.evloop.EventLoop;
import io.evloop.Listener;
import io.evloop.Pipe;
import io.evloop.SocketHandle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * Connections to a listener on the same loop: each says a number, hears it again, and is closed by either side. Invariants:
 * every connection that is made is heard, also one that waited while no descriptor was free; the listener never ends.
 */
final class Connections implements Actor, ConnectHandler {

    private static final long BETWEEN_NANOS = 4_000_000L;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final EventLoop loop;
    private final Ledger ledger;
    private final Address address;
    private final ByteBuffer number = ByteBuffer.allocateDirect(Integer.BYTES);
    private Listener listener;
    private int begun;
    private int ended;
    private boolean over;

    Connections(EventLoop loop, Ledger ledger, Address address) {
        this.loop = loop;
        this.ledger = ledger;
        this.address = address;
    }

    @Override
    public void begin() {
        try {
            listener = loop.listen(
                    address,
                    (from, socket) ->
                            socket.pipe(0).onFrame((pipe, channelId, payload) -> answer(pipe, channelId, payload)));
            loop.schedule(BETWEEN_NANOS, this::connect);
        } catch (IOException e) {
            ledger.violation("listen: " + e);
        }
    }

    private void answer(Pipe pipe, int channelId, ByteBuffer payload) {
        boolean closes = payload.getInt(payload.position()) % 2 == 0;
        ledger.check(pipe.writeFrame(channelId, payload).isAccepted(), "the answer was not accepted");
        if (closes) {
            pipe.closeAfterFlush();
        }
    }

    private void connect() {
        if (over) {
            return;
        }
        begun++;
        loop.connect(listener.localAddress(), TIMEOUT, this);
        loop.schedule(BETWEEN_NANOS, this::connect);
    }

    @Override
    public void onConnect(SocketHandle socket) throws IOException {
        int mine = begun;
        boolean[] heard = {false};
        Pipe pipe = socket.pipe(mine)
                .onFrame((from, channelId, payload) -> {
                    ledger.check(payload.getInt(payload.position()) == mine, "an answer to another question");
                    heard[0] = true;
                    from.close();
                })
                .onClose((from, cause) -> {
                    ended++;
                    ledger.check(heard[0] || over, "a connection was closed without an answer: " + cause);
                });
        number.clear().putInt(0, mine);
        ledger.check(pipe.writeFrame(0, number).isAccepted(), "the question was not accepted");
        ledger.connections.incrementAndGet();
    }

    @Override
    public void onFailure(IOException cause) {
        ended++;
        ledger.failed("connect", cause);
    }

    @Override
    public void leaveOff() {
        over = true;
    }

    @Override
    public boolean isIdle() {
        if (!over || ended < begun) {
            return false;
        }
        ledger.check(!listener.isClosed(), "the listener has ended");
        return true;
    }

    @Override
    public String toString() {
        return "connections to " + address + ", " + begun + " begun, " + ended + " ended";
    }
}
