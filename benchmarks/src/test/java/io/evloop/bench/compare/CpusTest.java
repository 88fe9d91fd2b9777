package io.evloop.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CpusTest {

    private static final List<Integer> ALLOWED = List.of(2, 3, 5);

    @Test
    void readsTheKernelsList() throws Exception {
        assertEquals(List.of(0, 1, 2, 3, 8, 10, 11), Cpus.list("0-3,8,10-11"));
        assertFalse(Cpus.allowed().isEmpty());
    }

    @Test
    void takesTheFirstTwoThatAreAllowed() {
        assertEquals("2,3", Cpus.of(null, ALLOWED).toString());
        assertThrows(IllegalArgumentException.class, () -> Cpus.of(null, List.of(4)));
    }

    @Test
    void takesTwoThatAreAllowed() {
        assertEquals("5,2", Cpus.of("5,2", ALLOWED).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "2", "2,", "a,b", "2-3", "2,3,5", "2,2", "0,2", "2,99999999999"})
    void refusesWhatIsNotTwoOfThem(String text) {
        assertThrows(IllegalArgumentException.class, () -> Cpus.of(text, ALLOWED));
    }
}
