package io.evloop;

import io.evloop.sys.Errno;
import io.evloop.testing.Faults;
import io.evloop.testing.LeakCheck;
import io.evloop.testing.Resources;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs each scenario again and again while the first, the second, the third … call of one system call fails, until the
 * scenario has ended before the call was reached. Prints a table, and everything that was not as documented.
 */
final class FaultRun {

    private static final int WARM_UPS = 3;

    /** From here on the number of the failing call grows by a quarter each time. */
    private static final int ONE_BY_ONE = 20;

    /** The same for several in a row, from here on twice the number. */
    private static final int FEW_ONE_BY_ONE = 6;

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int PROBLEMS_MAX = 20;
    private static final long STUCK_NANOS = 30_000_000_000L;

    /** What was tried with one call, over all scenarios and errors. */
    private static final class Row {
        private int tried;
        private int survived;
        private int reported;
    }

    private final Faults faults;
    private final Map<String, Row> rows = new TreeMap<>();
    private final List<String> problems = new ArrayList<>();
    private volatile String current = "";
    private volatile long currentSince;

    private FaultRun(Faults faults) {
        this.faults = faults;
    }

    public static void main(String[] arguments) throws Exception {
        Errno.name(FaultPlan.EINTR); // loads libevloop.so
        FaultRun run = new FaultRun(Faults.map(Path.of(arguments[0])));
        FaultPlan.checkCovers(run.faults.calls());
        run.watch(Thread.currentThread());
        for (Map.Entry<String, FaultScenarios.Scenario> each :
                FaultScenarios.all().entrySet()) {
            if (arguments.length < 2 || arguments[1].equals(each.getKey())) {
                long start = System.nanoTime();
                run.scenario(each.getKey(), each.getValue());
                System.out.printf("%-22s %5d ms%n", each.getKey(), (System.nanoTime() - start) / NANOS_PER_MILLI);
            }
        }
        run.print();
        System.exit(run.problems.isEmpty() ? 0 : 1);
    }

    /** Ends this process if a try hangs, and tells where. */
    private void watch(Thread main) {
        currentSince = System.nanoTime();
        Thread watchdog = new Thread(
                () -> {
                    while (System.nanoTime() - currentSince < STUCK_NANOS) {
                        try {
                            Thread.sleep(100);
                        } catch (InterruptedException e) {
                            return;
                        }
                    }
                    System.out.println("stuck in " + current);
                    for (StackTraceElement element : main.getStackTrace()) {
                        System.out.println("\tat " + element);
                    }
                    Runtime.getRuntime().halt(2);
                },
                "watchdog");
        watchdog.setDaemon(true);
        watchdog.start();
    }

    private void scenario(String name, FaultScenarios.Scenario scenario) throws IOException {
        for (int count = 0; count < WARM_UPS; count++) {
            faults.reset();
            attempt(name + " untouched", scenario, new FaultProbe(null, 0));
        }
        List<String> made = new ArrayList<>();
        for (String call : FaultPlan.calls()) {
            if (faults.count(call) > 0 && !FaultPlan.isExcluded(name, call)) {
                made.add(call);
            }
        }
        for (String call : made) {
            for (int error : FaultPlan.errors(call)) {
                series(name, scenario, call, error, 1);
                int lasting = FaultPlan.lasting(call, error);
                if (lasting > 1) {
                    series(name, scenario, call, error, lasting);
                }
            }
        }
    }

    private void series(String name, FaultScenarios.Scenario scenario, String call, int error, int length) {
        Row row = rows.computeIfAbsent(call, unused -> new Row());
        Resources before = Resources.now();
        boolean reached = true;
        String whole = name + ": " + FaultPlan.name(error) + " of " + call;
        for (int first = 1; reached && problems.size() < PROBLEMS_MAX; first = next(first, length)) {
            faults.arm(call, first, length, error);
            String what = whole + " " + first + (length > 1 ? " and " + (length - 1) + " more" : "");
            FaultProbe.Verdict verdict = attempt(what, scenario, new FaultProbe(call, error));
            reached = faults.disarm();
            if (reached) {
                row.tried++;
                row.survived += verdict == FaultProbe.Verdict.SURVIVED ? 1 : 0;
                row.reported += verdict == FaultProbe.Verdict.REPORTED ? 1 : 0;
            }
        }
        try {
            LeakCheck.check(before);
        } catch (AssertionError e) {
            problems.add(whole + ": " + e.getMessage());
        }
    }

    private static int next(int number, int length) {
        if (number < (length == 1 ? ONE_BY_ONE : FEW_ONE_BY_ONE)) {
            return number + 1;
        }
        return length == 1 ? number + number / 4 : number * 2;
    }

    /** Returns null if something was not as documented, which is noted. */
    private FaultProbe.Verdict attempt(String what, FaultScenarios.Scenario scenario, FaultProbe probe) {
        current = what;
        currentSince = System.nanoTime();
        Throwable thrown = null;
        try {
            scenario.run(probe);
        } catch (Throwable e) {
            thrown = e;
        }
        try {
            return probe.judge(thrown);
        } catch (AssertionError e) {
            problems.add(what + ": " + e.getMessage());
            return null;
        }
    }

    private void print() {
        System.out.println("call                   tried survived reported");
        for (String call : FaultPlan.calls()) {
            Row row = rows.get(call);
            if (row == null) {
                if (!FaultPlan.errors(call).isEmpty()) {
                    problems.add("never called: " + call);
                }
                continue;
            }
            System.out.printf("%-22s %5d %8d %8d%n", call, row.tried, row.survived, row.reported);
        }
        problems.forEach(System.out::println);
    }
}
