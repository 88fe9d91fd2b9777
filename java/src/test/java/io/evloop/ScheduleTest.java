package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.JavaProcess;
import io.evloop.testing.Schedule;
import io.evloop.testing.Schedule.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The schedules of {@code -Pschedule} happen, and to calls of the library alone. */
class ScheduleTest {

    private static void assertHappened(Schedule before, Schedule after) {
        assertTrue(after.sum(Row::shortened) > before.sum(Row::shortened), after::toString);
        assertTrue(after.sum(Row::interrupted) > before.sum(Row::interrupted), after::toString);
        assertTrue(after.sum(Row::notNow) > before.sum(Row::notNow), after::toString);
    }

    // rows 13, 23, 30
    @Test
    void callsFallShortAndFailAtRandomAndEveryFrameComes() throws Exception {
        Path counts = Files.createTempFile("evloop-test-", ".counts");
        try {
            JavaProcess.Result result = Schedule.run("1,3", counts, ScheduledPipes.class);
            assertEquals(0, result.exitCode(), result::output);
            assertHappened(new Schedule(Map.of()), Schedule.read(counts));
        } finally {
            Files.delete(counts);
        }
    }

    @Test
    void aProgramWithoutTheLibraryIsLeftAlone() throws Exception {
        Path counts = Files.createTempFile("evloop-test-", ".counts");
        try {
            JavaProcess.Result result = Schedule.run("1,2", counts, WithoutTheLibrary.class);
            assertEquals(0, result.exitCode(), result::output);
            assertEquals(Set.of(), Schedule.read(counts).rows().keySet());
        } finally {
            Files.delete(counts);
        }
    }

    /** The profile cannot run without effect. */
    @Test
    @EnabledIfEnvironmentVariable(named = Schedule.SEED_VARIABLE, matches = ".+")
    void theTestsThemselvesAreUnderTheScheduleThatIsAskedFor() throws Exception {
        Schedule before = Schedule.current();
        ScheduledPipes.exchange();
        assertHappened(before, Schedule.current());
    }

    /** Reads and writes as much as a JVM does. */
    static final class WithoutTheLibrary {

        private WithoutTheLibrary() {}

        public static void main(String[] arguments) throws Exception {
            Path file = Files.createTempFile("evloop-test-", ".bytes");
            byte[] bytes = new byte[1 << 20];
            Files.write(file, bytes);
            int length = Files.readAllBytes(file).length;
            Files.delete(file);
            if (length != bytes.length) {
                throw new AssertionError(length + " bytes");
            }
        }
    }
}
