package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** When a worker that has left is started again. */
class RestartPolicyTest {

    private static final long SECOND = 1_000_000_000L;

    @Test
    void thePauseDoublesUpToItsBound() {
        RestartPolicy policy = new RestartPolicy(SECOND, 10 * SECOND, 1000);
        long[] waits = {1, 2, 4, 8, 10, 10};
        for (int deaths = 1; deaths <= waits.length; deaths++) {
            assertEquals(waits[deaths - 1] * SECOND, policy.grant(deaths, 0), "after " + deaths);
        }
        assertEquals(10 * SECOND, policy.grant(Integer.MAX_VALUE, 0));
    }

    @Test
    void noMinuteSeesMoreRestartsThanAllowed() {
        RestartPolicy policy = new RestartPolicy(1, 1, 3);
        long start = Long.MAX_VALUE - 30 * SECOND; // the clock may wrap
        long[] at = new long[20];
        for (int index = 0; index < at.length; index++) {
            long now = start + index * SECOND;
            at[index] = now + policy.grant(1, now);
        }
        for (int index = 3; index < at.length; index++) {
            assertTrue(at[index] - at[index - 3] >= 60 * SECOND, "restart " + index);
        }
    }

    @Test
    void restartsAreFreeAgainAfterAQuietMinute() {
        RestartPolicy policy = new RestartPolicy(1, 1, 2);
        assertEquals(1, policy.grant(1, 0));
        assertEquals(1, policy.grant(1, 0));
        assertEquals(1, policy.grant(1, 61 * SECOND));
    }

    @Test
    void aLifeAsLongAsTheLongestPauseForgetsTheDeathsBefore() {
        RestartPolicy policy = new RestartPolicy(SECOND, 10 * SECOND, 1);
        assertFalse(policy.isLongLife(10 * SECOND - 1));
        assertTrue(policy.isLongLife(10 * SECOND));
    }
}
