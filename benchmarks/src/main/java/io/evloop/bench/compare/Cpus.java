package io.evloop.bench.compare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The CPUs of the two sides: two different ones that this process may use. */
record Cpus(int driver, int other) {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String ALLOWED = "Cpus_allowed_list:";

    static List<Integer> allowed() throws IOException {
        return list(Machine.line(STATUS, ALLOWED));
    }

    /** What a list in the kernel's notation names: "0-3,8". */
    static List<Integer> list(String text) {
        List<Integer> cpus = new ArrayList<>();
        for (String range : text.split(",", -1)) {
            String[] ends = range.strip().split("-", -1);
            for (int cpu = Integer.parseInt(ends[0]); cpu <= Integer.parseInt(ends[ends.length - 1]); cpu++) {
                cpus.add(cpu);
            }
        }
        return cpus;
    }

    /**
     * @param text "A,B"; null: the first two that are allowed
     * @throws IllegalArgumentException says what is wrong with it
     */
    static Cpus of(String text, List<Integer> allowed) {
        if (text == null) {
            if (allowed.size() < 2) {
                throw new IllegalArgumentException("two CPUs are needed, this process may use " + allowed);
            }
            return new Cpus(allowed.get(0), allowed.get(1));
        }
        if (!text.matches("\\d{1,6},\\d{1,6}")) {
            throw new IllegalArgumentException("'" + text + "' is not A,B");
        }
        List<Integer> cpus = list(text);
        if (cpus.get(0).equals(cpus.get(1))) {
            throw new IllegalArgumentException("'" + text + "' is one CPU for both sides");
        }
        if (!allowed.containsAll(cpus)) {
            throw new IllegalArgumentException("'" + text + "': this process may use " + allowed);
        }
        return new Cpus(cpus.get(0), cpus.get(1));
    }

    @Override
    public String toString() {
        return driver + "," + other;
    }
}
