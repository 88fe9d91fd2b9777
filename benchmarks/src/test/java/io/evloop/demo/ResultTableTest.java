package io.evloop.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The table at the end, to the letter. */
class ResultTableTest {

    private static final ResultTable.Row FAST =
            new ResultTable.Row("Java", 71_234.4, 581_300_000, 170_400, 1_163_000, 3_793_000, 140_260_000, "0");
    private static final ResultTable.Row BROKEN = new ResultTable.Row("Python", 0, 0, 0, 0, 0, 0, "signal 9");

    @Test
    void showsALineForEachWorkerAndADashForWhatWasNotMeasured() {
        assertEquals("""
                worker      frames/s      MB/s         p50         p99       p99.9      64 MiB  exit status
                Java          71,234     581.3      170 us    1,163 us    3,793 us    140.3 ms  0
                Python             -         -           -           -           -           -  signal 9
                """, ResultTable.of(List.of(FAST, BROKEN)));
    }

    @Test
    void looksTheSameInEveryLocale() {
        Locale before = Locale.getDefault();
        String expected = ResultTable.of(List.of(FAST));
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            assertEquals(expected, ResultTable.of(List.of(FAST)));
        } finally {
            Locale.setDefault(before);
        }
    }
}
