package io.evloop.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PlanTest {

    private static List<String> steps(Plan plan, boolean counting) {
        return plan.steps().stream()
                .filter(step -> step.counting() == counting)
                .map(step -> step.run() + " " + step.workload().id() + " "
                        + step.competitor().id())
                .toList();
    }

    @Test
    void takesTheCompetitorsInTurnAndBeginsEachRunWithAnotherOne() {
        Plan plan = Plan.of(false, 3, Set.of("stream-16", "echo-1-spin", "c-best", "evloop", "nio"));
        List<String> expected = List.of(
                "1 stream-16 c-best",
                "1 stream-16 evloop",
                "1 stream-16 nio",
                "1 echo-1-spin c-best",
                "1 echo-1-spin evloop",
                "1 echo-1-spin nio",
                "2 stream-16 nio",
                "2 stream-16 c-best",
                "2 stream-16 evloop",
                "2 echo-1-spin nio",
                "2 echo-1-spin c-best",
                "2 echo-1-spin evloop",
                "3 stream-16 evloop",
                "3 stream-16 nio",
                "3 stream-16 c-best",
                "3 echo-1-spin evloop",
                "3 echo-1-spin nio",
                "3 echo-1-spin c-best");
        assertEquals(expected, steps(plan, false));
    }

    @Test
    void measuresTheYardstickAlongWithWhateverIsAskedFor() {
        Plan plan = Plan.of(true, 1, Set.of("stream-64", "junixsocket"));
        assertEquals(List.of("1 stream-64 c-best", "1 stream-64 junixsocket"), steps(plan, false));
    }

    @Test
    void countsSystemCallsInARunOfItsOwn() {
        Plan plan = Plan.of(false, 2, Set.of("stream-64", "stream-16", "evloop"));
        assertEquals(List.of("1 stream-64 c-best", "1 stream-64 evloop"), steps(plan, true));
    }

    @Test
    void hasEveryWorkloadAndCompetitorInTheFullRun() {
        List<Plan.Step> steps = Plan.of(false, 1, Set.of()).steps();
        assertEquals(
                Set.copyOf(Workload.ALL),
                steps.stream().map(Plan.Step::workload).collect(Collectors.toSet()));
        assertEquals(
                Set.copyOf(Competitor.ALL),
                steps.stream().map(Plan.Step::competitor).collect(Collectors.toSet()));
    }

    @Test
    void keepsTheFullRunWithinAQuarterOfAnHourWithSomeMeasuredAgain() {
        long millis = Plan.of(false, Compare.FULL_RUNS, Set.of()).totalMillis(Compare.FULL);
        assertTrue(millis <= 13 * 60 * 1000, millis + " ms");
    }

    @Test
    void keepsTheQuickRunWithinAMinute() {
        Plan quick = Plan.of(true, Compare.QUICK_RUNS, Set.of());
        assertTrue(quick.totalMillis(Compare.QUICK) <= 60 * 1000, quick.totalMillis(Compare.QUICK) + " ms");
        assertTrue(quick.steps().stream().anyMatch(step -> step.workload().isRoundTrip()));
    }

    @Test
    void measuresWhomAGoalNamesFiveTimesAndOthersThreeTimesWhereThereIsAGoal() {
        List<Plan.Step> steps = Plan.of(false, Compare.FULL_RUNS, Set.of()).steps();
        for (Workload workload : Workload.ALL) {
            if (workload.hasGoal()) {
                long evloop = count(steps, workload, "evloop");
                long fewer = evloop - 5 + 3;
                assertEquals(fewer, count(steps, workload, "nio"), workload.id());
                assertEquals(
                        workload.id().equals("stream-64") ? evloop : fewer,
                        count(steps, workload, "netty"),
                        workload.id());
            }
        }
    }

    @Test
    void tellsOfWhomThereAreFewerRuns() {
        assertEquals("5 (JDK NIO and, but for one way, 64 B, Netty: 3)", Plan.describeRuns(false, 5, Set.of()));
        assertEquals("2", Plan.describeRuns(true, 2, Set.of()));
        assertEquals("5", Plan.describeRuns(false, 5, Set.of("netty")));
        assertEquals("3", Plan.describeRuns(false, 3, Set.of()));
    }

    private static long count(List<Plan.Step> steps, Workload workload, String competitor) {
        return steps.stream()
                .filter(step -> step.workload().equals(workload)
                        && step.competitor().id().equals(competitor))
                .count();
    }
}
