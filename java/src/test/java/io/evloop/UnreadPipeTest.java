package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.evloop.frame.FrameLayout;
import io.evloop.testing.Await;
import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.Quiet;
import io.evloop.testing.TestLoop;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pipe whose frames nobody takes, as that of a publisher, which only writes. */
class UnreadPipeTest {

    @Test
    void endsWithAPeerThatHasSentNothing() throws Exception {
        for (boolean blocked : new boolean[] {false, true}) {
            try (TestLoop test = TestLoop.open();
                    PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
                byte[] payload = new byte[blocked ? 4 * 1024 * 1024 : 1];
                peered.pipe().writeFrame(1, payload, 0, payload.length);
                Await.idle(test.loop());
                peered.peer().close();
                peered.awaitClose();
                assertEquals(List.of("closed"), peered.heard());
            }
        }
    }

    /** EPOLLOUT is reported in vain behind a blocked write: with it the hang-up must not be disarmed. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void endsWithAPeerThatHasHalfClosedBeforeOrWhileAWriteWasBlocked(boolean before) throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            if (before) {
                peered.peer().shutdownOutput();
                Await.idle(test.loop());
            }
            byte[] payload = new byte[4 * 1024 * 1024];
            peered.pipe().writeFrame(1, payload, 0, payload.length);
            Await.idle(test.loop());
            if (!before) {
                peered.peer().shutdownOutput();
                Await.idle(test.loop());
            }
            peered.peerReads(FrameLayout.HEADER_LENGTH + payload.length);
            Await.idle(test.loop());
            Quiet.assertQuiet(test.loop());
            peered.peer().close();
            assertNull(peered.awaitClose());
            assertEquals(List.of("closed"), peered.heard());
        }
    }

    @Test
    void endsBehindTheEndOfItsOwnOutput() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            peered.pipe().shutdownOutput();
            Await.idle(test.loop());
            peered.peer().close();
            assertNull(peered.awaitClose());
        }
    }

    @Test
    void keepsWhatHasComeForAHandlerThoughThePeerIsGone() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            peered.peer().write(Frames.frame(1, "a"));
            Await.idle(test.loop());
            peered.peer().write(Frames.frame(2, "b"));
            peered.peer().close();
            Await.idle(test.loop());
            Quiet.assertQuiet(test.loop());
            assertEquals(List.of(), peered.heard());
            peered.pushed();
            assertNull(peered.awaitClose());
            assertEquals(List.of("1:a", "2:b", "closed"), peered.heard());
        }
    }
}
