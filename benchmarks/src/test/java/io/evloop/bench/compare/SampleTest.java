package io.evloop.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampleTest {

    @ParameterizedTest
    @CsvSource({"0, 0, true", "17, 5, true", "18, 0, false", "0, 18, false", "300, 300, false"})
    void isWarmIfNeitherSideWasCompiling(long first, long second, boolean warm) {
        assertEquals(warm, compiling(first, second, false).isWarm());
        assertTrue(compiling(first, second, true).isWarm(), "system calls are the same");
    }

    @Test
    void takesCAsWarm() {
        Sample.Side side = Samples.side(100, 350, 0);
        assertTrue(new Sample(Samples.STREAM, Samples.C, 1, false, side, side, new JsonObject()).isWarm());
    }

    private static Sample compiling(long first, long second, boolean counting) {
        Sample.Side driver = Samples.side(100, 350, 0);
        driver.json().addProperty("compileMillis", first);
        Sample.Side other = Samples.side(100, 350, 0);
        other.json().addProperty("compileMillis", second);
        return new Sample(Samples.STREAM, Samples.EVLOOP, 1, counting, driver, other, new JsonObject());
    }

    @ParameterizedTest
    @CsvSource({
        "350, 350, 100, true",
        "350, 290, 100, true",
        "350, 250, 100, false",
        "450, 600, 100, true",
        "250, 400, 100, false",
        "350, 0.004, 100, false",
        "350, 240, 3, true",
        "350, 170, 1, false",
        "1800, 350, 100, false",
        "350, 350, 0, false"
    })
    void refusesAWindowThatIsNotAsLongAsAskedFor(double first, double second, long frames, boolean fits) {
        Sample sample = new Sample(
                Samples.STREAM,
                Samples.C,
                1,
                false,
                Samples.side(frames, first, 0),
                Samples.side(frames, second, 0),
                new JsonObject());
        assertEquals(fits, sample.misfit(350).isEmpty(), sample.misfit(350).orElse("fits"));
    }
}
