package io.evloop.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

/** Growth is told from noise, and the warm-up from what follows. */
class FlatnessTest {

    private static final int SECONDS = 100;
    private static final int ALLOWANCE = 10;

    /** Violations after a run with these values. */
    private static long violations(IntToLongFunction valueAt) throws Exception {
        int[] second = {0};
        Flatness flatness =
                new Flatness(SECONDS, new Flatness.Quantity("values", ALLOWANCE, () -> valueAt.applyAsLong(second[0])));
        while (second[0] <= SECONDS) {
            flatness.sample(second[0]);
            second[0]++;
        }
        Ledger ledger = new Ledger();
        flatness.verdict(ledger);
        return ledger.violations();
    }

    @Test
    void whatGrowsIsAViolation() throws Exception {
        assertEquals(1, violations(second -> second));
        assertEquals(1, violations(second -> 50 + second / 4 + second % 3));
    }

    @Test
    void whatStaysOrShrinksIsNone() throws Exception {
        assertEquals(0, violations(second -> 7));
        assertEquals(0, violations(second -> 50 - second / 4));
        assertEquals(0, violations(second -> second % 2 == 0 ? 0 : 1000));
    }

    @Test
    void growthWithinTheAllowanceOrTheWarmUpIsNone() throws Exception {
        assertEquals(0, violations(second -> second / 11));
        assertEquals(0, violations(second -> Math.min(second, 40)));
    }

    @Test
    void aRunWithoutSamplesProvesNothing() {
        Ledger ledger = new Ledger();
        new Flatness(SECONDS, new Flatness.Quantity("values", ALLOWANCE, () -> 1)).verdict(ledger);
        assertEquals(1, ledger.violations());
    }
}
