package io.evloop.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampleTest {

    @ParameterizedTest
    @CsvSource({
        "100, 200, true",
        "100, 240, true",
        "100, 260, false",
        "140, 240, true",
        "160, 240, true",
        "0, 200, false"
    })
    void isWarmUnlessItsSecondHalfWasMuchTheFaster(long firstHalf, long frames, boolean warm) {
        Sample.Side receiver = Samples.side(frames);
        receiver.json().addProperty("firstHalfFrames", firstHalf);
        receiver.json().addProperty("firstHalfNanos", 500_000_000L);
        Sample sample =
                new Sample(Samples.STREAM, Samples.EVLOOP, 1, false, Samples.side(0), receiver, new JsonObject());
        assertEquals(warm, sample.isWarm());
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
