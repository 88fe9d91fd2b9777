package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Errno;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadStreakTest {

    private static final int LONG_READ = 16 * 1024;

    private final ReadStreak streak = new ReadStreak();

    @Test
    void aShortReadIsNotFollowedByAnother() {
        assertFalse(streak.isTryDue());
        streak.onRead(LONG_READ - 1);
        assertFalse(streak.isTryDue());
        streak.onRead(LONG_READ);
        assertTrue(streak.isTryDue());
    }

    @Test
    void triesGoOnWhileTheyFindSomething() {
        for (int count = 0; count < 100; count++) {
            streak.onRead(LONG_READ);
            assertTrue(streak.isTryDue());
            streak.onTry(true);
        }
    }

    @Test
    void triesInVainGetRarerDownToOneIn65AndOneHitBringsThemBack() {
        List<Integer> skips = new ArrayList<>();
        for (int count = 0; count < 9; count++) {
            skips.add(skipsUntilTry());
            streak.onRead(-Errno.EAGAIN);
            streak.onTry(false);
        }
        assertEquals(List.of(0, 1, 3, 7, 15, 31, 63, 64, 64), skips);
        assertEquals(64, skipsUntilTry());
        streak.onTry(true);
        assertEquals(0, skipsUntilTry());
    }

    private int skipsUntilTry() {
        int skips = 0;
        streak.onRead(LONG_READ);
        while (!streak.isTryDue()) {
            skips++;
            streak.onRead(LONG_READ);
        }
        return skips;
    }
}
