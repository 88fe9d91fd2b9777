package io.evloop.bench.compare;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * Which measurements, in which order: within a run every workload, within a workload every competitor in turn, A B C A B C,
 * each run beginning with another one.
 */
final class Plan {

    /** One measurement to be made. */
    record Step(Workload workload, Competitor competitor, int run, boolean counting) {
        String title() {
            return workload.id() + " " + competitor.id() + " run " + run;
        }
    }

    private static final Set<String> QUICK_WORKLOADS = Set.of("stream-64", "echo-1-spin", "echo-128-spin", "fan-in-64");
    private static final Set<String> QUICK_COMPETITORS = Set.of("c-best", "evloop", "netty", "nio");

    private static final Set<String> QUICKLY_COUNTED = Set.of("c-best", "evloop");

    /** The yardstick, whom a goal names beside it, and those who say what an epoll costs and what the JVM can do. */
    private static final Set<String> GOAL_COMPETITORS = Set.of("c-best", "c-epoll", "evloop", "netty", "nio");

    /** In a full run, of NIO, and of Netty where its goal is not: a quarter of an hour has no time for more. */
    private static final int FEWER_RUNS = 3;

    /** Where the number of system calls says something. */
    private static final Set<String> COUNTED_WORKLOADS =
            Set.of("stream-64", "stream-1k", "stream-64k", "echo-1", "echo-128", "fan-in-64");

    private final List<Step> steps = new ArrayList<>();
    private final boolean thinned;

    private Plan(boolean thinned) {
        this.thinned = thinned;
    }

    /**
     * Where everything is measured against everybody, what no goal speaks of is measured in the first run alone.
     *
     * @param only ids of workloads and competitors; where there is none of a kind, all of the kind are meant
     */
    static Plan of(boolean quick, int runs, Set<String> only) {
        List<Workload> workloads = new ArrayList<>(Workload.ALL);
        workloads.removeIf(workload -> quick && !QUICK_WORKLOADS.contains(workload.id()));
        List<Competitor> competitors = new ArrayList<>(Competitor.ALL);
        competitors.removeIf(competitor -> quick && !QUICK_COMPETITORS.contains(competitor.id()));
        if (Workload.ALL.stream().anyMatch(workload -> only.contains(workload.id()))) {
            workloads = new ArrayList<>(Workload.ALL);
            workloads.removeIf(workload -> !only.contains(workload.id()));
        }
        if (Competitor.ALL.stream().anyMatch(competitor -> only.contains(competitor.id()))) {
            competitors = new ArrayList<>(Competitor.ALL);
            competitors.removeIf(competitor -> !competitor.isYardstick() && !only.contains(competitor.id()));
        }
        Plan plan = new Plan(isThinned(quick, only));
        plan.addRuns(workloads, competitors, runs);
        workloads.removeIf(workload -> !COUNTED_WORKLOADS.contains(workload.id()));
        competitors.removeIf(competitor -> quick && only.isEmpty() && !QUICKLY_COUNTED.contains(competitor.id()));
        for (Workload workload : workloads) {
            plan.addTurn(workload, competitors, 1, true);
        }
        return plan;
    }

    /** How many there are of each, in words. */
    static String describeRuns(boolean quick, int runs, Set<String> only) {
        boolean fewer = isThinned(quick, only) && runs > FEWER_RUNS;
        return fewer
                ? runs + " (JDK NIO and, but for " + Goal.NETTY_WORKLOAD.title() + ", Netty: " + FEWER_RUNS + ")"
                : Integer.toString(runs);
    }

    private static boolean isThinned(boolean quick, Set<String> only) {
        return !quick && only.isEmpty();
    }

    /** These alone. */
    static Plan of(List<Step> steps) {
        Plan plan = new Plan(false);
        plan.steps.addAll(steps);
        return plan;
    }

    private void addRuns(List<Workload> workloads, List<Competitor> competitors, int runs) {
        List<Competitor> order = new ArrayList<>(competitors);
        for (int run = 1; run <= runs; run++) {
            for (Workload workload : workloads) {
                addTurn(workload, order, run, false);
            }
            Collections.rotate(order, 1);
        }
    }

    private void addTurn(Workload workload, List<Competitor> order, int run, boolean counting) {
        for (Competitor competitor : order) {
            boolean goal = workload.hasGoal() && hasGoal(competitor) && !(counting && competitor.isVariant());
            boolean left = thinned && ((run > 1 || counting) && !goal || run > runsOf(competitor, workload));
            if (competitor.takesPartIn(workload) && !left) {
                steps.add(new Step(workload, competitor, run, counting));
            }
        }
    }

    private static int runsOf(Competitor competitor, Workload workload) {
        return switch (competitor.id()) {
            case "nio" -> FEWER_RUNS;
            case "netty" -> workload.equals(Goal.NETTY_WORKLOAD) ? Integer.MAX_VALUE : FEWER_RUNS;
            default -> Integer.MAX_VALUE;
        };
    }

    private static boolean hasGoal(Competitor competitor) {
        return GOAL_COMPETITORS.contains(competitor.id()) || competitor.isVariant();
    }

    List<Step> steps() {
        return List.copyOf(steps);
    }

    /** What all of it takes, about. */
    long totalMillis(Timing timing) {
        return steps.stream()
                .mapToLong(step -> timing.totalMillis(step.competitor()))
                .sum();
    }
}
