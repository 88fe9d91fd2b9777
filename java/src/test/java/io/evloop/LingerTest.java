package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.evloop.testing.Frames;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawFds;
import io.evloop.testing.RawPipe;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The last reads of a pipe whose worker is gone, while somebody else holds the worker's end and writes on. */
class LingerTest {

    private static final byte[] THERE = Frames.concat(Frames.frame(1, "one"), Frames.frame(2, "two"));
    private static final byte[] LATER = Frames.frame(3, "later");

    /** Writes later, once the first frame is delivered. */
    private interface Writer {
        void write() throws IOException;
    }

    private static List<String> heardOf(PeeredPipe peered, Writer writer) throws Exception {
        List<String> heard = new ArrayList<>();
        Pipe pipe = peered.pipe().onFrame((from, channelId, payload) -> {
            if (heard.isEmpty()) {
                try {
                    writer.write();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
            heard.add(channelId + ":" + Frames.text(payload));
        });
        peered.peer().write(THERE);
        pipe.endpoint().lingerThenClose(null);
        assertNull(peered.awaitClose());
        assertEquals(List.of("closed"), peered.heard());
        assertEquals(THERE.length, pipe.stats().bytesIn(), "the byte that told that somebody writes on is not counted");
        return heard;
    }

    @Test
    void deliversWhatWasThereAndNothingLater() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            List<String> heard = heardOf(peered, () -> peered.peer().write(LATER));
            assertEquals(List.of("1:one", "2:two"), heard);
        }
    }

    @Test
    void closesADescriptorThatComesLater() throws Exception {
        try (TestLoop test = TestLoop.open();
                RawPipe probe = RawPipe.open();
                PeeredPipe peered = PeeredPipe.adopt(test.loop())) {
            peered.pipe().acceptFds(1);
            List<String> heard = heardOf(peered, () -> RawFds.send(peered.peer(), LATER, probe.writeEnd()));
            assertEquals(List.of("1:one", "2:two"), heard);
            probe.closeWriteEnd();
            assertEquals(0, probe.read(1).length, "no other copy of it is open");
        }
    }
}
