package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.epoll.Epoll;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.ExactCalls;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Quiet;
import io.evloop.testing.RawSocket;
import io.evloop.testing.TestLoop;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A readiness that is no longer true when the loop comes to read. */
class SpuriousReadinessTest {

    // row 30
    @Test
    @ExactCalls("the one read that finds nothing")
    void anEventWhoseBytesSomebodyElseHasReadIsIgnored() throws Exception {
        RawSocket[] signal = RawSocket.pair();
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop()).pushed();
                RawSocket watched = signal[0];
                RawSocket signaller = signal[1]) {
            EventLoop loop = test.loop();
            Pipe pipe = peered.pipe();
            Await.idle(loop);
            ByteBuffer stolen = ByteBuffer.allocateDirect(100);
            // reported in the same batch, before the pipe: whoever was ready first comes first
            int[] count = {0};
            Watch thief = loop.watch(
                    watched.fd(),
                    Epoll.IN | Epoll.ONESHOT,
                    (watch, events) -> count[0] = Native.read(pipe.connection().fd(), Native.addressOf(stolen), 100));
            signaller.write("go");
            peered.peer().write(Frames.frame(1, "x"));
            Await.turns(loop, "the theft", () -> count[0] != 0);
            thief.cancel();
            assertEquals(7, count[0]);
            assertEquals(1, pipe.stats().emptyReads());
            assertEquals(List.of(), peered.heard());
            assertEquals(0, loop.stats().leasedBytes(), "what found nothing holds no buffer");
            Quiet.assertQuiet(loop);
            peered.peer().write(Frames.frame(2, "y"));
            Await.turns(loop, "the next frame", () -> !peered.heard().isEmpty());
            assertEquals(List.of("2:y"), peered.heard());
            assertEquals(0, loop.stats().leasedBytes(), "an idle connection holds no buffer");
        }
    }
}
