package io.evloop.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpreadTest {

    @Test
    void takesTheMiddleOneOfAnOddNumber() {
        assertEquals(new Spread(3, 1, 100, 5), Spread.of(new double[] {100, 1, 3, 2, 50}));
    }

    @Test
    void takesTheMeanOfTheMiddleTwoOfAnEvenNumber() {
        assertEquals(new Spread(2.5, 1, 9, 4), Spread.of(new double[] {9, 3, 1, 2}));
    }

    @Test
    void leavesOutWhatIsNoNumber() {
        assertEquals(new Spread(2, 1, 3, 3), Spread.of(new double[] {Double.NaN, 3, Double.POSITIVE_INFINITY, 1, 2}));
    }

    @ParameterizedTest
    @CsvSource({
        "1.234, 1.23",
        "0.25, 0.25",
        "0.1, 0.10",
        "0.0949, 0.095",
        "0.0031, 0.0031",
        "0.00312, 0.0031",
        "0, 0.00"
    })
    void showsTwoDigitsOfWhatIsSmall(double value, String text) {
        assertEquals(text, Spread.twoDigits(value));
    }

    @Test
    void isAbsentWhereNothingWasMeasured() {
        Spread none = Spread.of(new double[] {Double.NaN});
        assertFalse(none.isPresent());
        assertEquals(Goal.NOT_MEASURED, none.asRatio());
    }

    @Test
    void showsARatioWithItsLeastAndItsGreatest() {
        assertEquals(
                "0.98 (0.95–1.01)", Spread.of(new double[] {1.014, 0.95, 0.98}).asRatio());
    }
}
