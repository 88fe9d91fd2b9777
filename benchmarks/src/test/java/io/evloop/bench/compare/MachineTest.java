package io.evloop.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MachineTest {

    @Test
    void readsASysctlToItsEnd() throws Exception {
        Process cat = new ProcessBuilder("cat", "/proc/sys/net/core/wmem_default").start();
        String value = new String(cat.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertEquals(value, new Machine().facts().get("net.core.wmem_default"));
    }

    @Test
    void readsTheLoadOfTheMachine() throws Exception {
        Load load = Load.now();
        assertTrue(load.lastMinute() >= 0 && load.totalTicks() > load.stolenTicks(), load.toString());
    }

    @Test
    void tellsThatOthersWereAtWork() throws Exception {
        Load quiet = Load.parse("0.10 0.20 0.30 1/100 1234", "  100 0 100 700 0 0 0 100 50 0");
        assertEquals(new Load("0.10 0.20 0.30", 1000, 100), quiet);
        Machine machine = new Machine();
        machine.addLoad(quiet, new Load("2.00 1.00 0.50", 2000, 105), new Summary());
        assertEquals(List.of(), machine.disturbances());
        machine.addLoad(quiet, new Load("2.00 1.00 0.50", 2000, 150), new Summary());
        assertEquals(1, machine.disturbances().size());
        assertTrue(
                machine.disturbances().get(0).contains("5.0 %"),
                machine.disturbances().get(0));
        Load busy = new Load("0.60 0.20 0.30", 1000, 100);
        machine.addLoad(busy, busy, new Summary());
        assertEquals(1, machine.disturbances().size());
        assertFalse(machine.facts().get("disturbed").equals("no"));
    }

    @Test
    void tellsThatASideWhichSpinsDidNotGetItsCpu() {
        Summary summary = new Summary();
        Load quiet = new Load("0.00 0.00 0.00", 1, 0);
        for (int run = 1; run <= 3; run++) {
            summary.add(Samples.spinning(run, 900_000_000L));
        }
        summary.add(Samples.spinning(4, 990_000_000L));
        assertEquals(List.of(), Disturbance.signs(quiet, quiet, summary));
        summary.add(Samples.spinning(5, 900_000_000L));
        assertEquals(1, Disturbance.signs(quiet, quiet, summary).size());
    }
}
