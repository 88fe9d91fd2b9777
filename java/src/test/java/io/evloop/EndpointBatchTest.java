package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.evloop.testing.PeeredPipe;
import io.evloop.testing.TestLoop;
import org.junit.jupiter.api.Test;

class EndpointBatchTest {

    @Test
    void whatWasAddedMeanwhileMovesUpAndNothingElseIsKept() throws Exception {
        try (TestLoop test = TestLoop.open();
                PeeredPipe one = PeeredPipe.adopt(test.loop());
                PeeredPipe two = PeeredPipe.adopt(test.loop());
                PeeredPipe three = PeeredPipe.adopt(test.loop())) {
            EndpointBatch batch = new EndpointBatch();
            batch.add(one.pipe().endpoint());
            batch.add(two.pipe().endpoint());
            batch.add(three.pipe().endpoint());
            batch.removeFirst(1);
            assertEquals(2, batch.size());
            assertSame(two.pipe().endpoint(), batch.get(0));
            assertSame(three.pipe().endpoint(), batch.get(1));
            assertNull(batch.get(2));
            batch.removeFirst(2);
            assertEquals(0, batch.size());
            assertNull(batch.get(0));
        }
    }
}
