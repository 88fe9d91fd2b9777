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
}
