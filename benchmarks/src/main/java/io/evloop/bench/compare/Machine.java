package io.evloop.bench.compare;

import com.google.gson.JsonObject;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the figures depend on: the machine, the kernel, the JDK, the limits. */
final class Machine {

    private final Map<String, String> facts = new LinkedHashMap<>();
    private List<String> disturbances = List.of();

    Machine() throws IOException {
        facts.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("CPU", cpuModel());
        facts.put("CPUs", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("memory", line("/proc/meminfo", "MemTotal:"));
        facts.put("kernel", read("/proc/sys/kernel/ostype") + " " + read("/proc/sys/kernel/osrelease"));
        facts.put("architecture", System.getProperty("os.arch"));
        facts.put("clock source", read("/sys/devices/system/clocksource/clocksource0/current_clocksource"));
        facts.put("CPU idle driver", read("/sys/devices/system/cpu/cpuidle/current_driver"));
        facts.put("virtual machine", line("/proc/cpuinfo", "flags").contains(" hypervisor") ? "yes" : "no");
        facts.put("spectre v2", read("/sys/devices/system/cpu/vulnerabilities/spectre_v2"));
        facts.put("net.core.wmem_default", read("/proc/sys/net/core/wmem_default"));
        facts.put("net.core.wmem_max", read("/proc/sys/net/core/wmem_max"));
        facts.put("transparent huge pages", read("/sys/kernel/mm/transparent_hugepage/enabled"));
        facts.put("JDK", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
    }

    private static String cpuModel() throws IOException {
        String name = line("/proc/cpuinfo", "model name");
        return name.isEmpty()
                ? "unknown"
                : name.substring(name.indexOf(':') + 1).strip();
    }

    /** One value of /proc or /sys, or "unknown" where this kernel has none. */
    private static String read(String path) throws IOException {
        Path file = Path.of(path);
        return Files.isReadable(file) ? read(file) : "unknown";
    }

    /** All of it: {@link Files#readString} asks for its size first, which is 0, and then reads a sysctl byte by byte. */
    static String read(Path file) throws IOException {
        try (var input = new FileInputStream(file.toFile())) {
            return new String(input.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }

    private static String line(String path, String start) throws IOException {
        return line(Path.of(path), start);
    }

    /** What follows {@code start} in the first line that begins with it; empty if there is none. */
    static String line(Path path, String start) throws IOException {
        try (var lines = Files.lines(path, StandardCharsets.UTF_8)) {
            return lines.filter(line -> line.startsWith(start))
                    .findFirst()
                    .map(line -> line.substring(start.length()).strip())
                    .orElse("");
        }
    }

    void add(String name, String value) {
        facts.put(name, value);
    }

    /** What others did meanwhile. */
    void addLoad(Load before, Load after, Summary summary) {
        add("load average before", before.averages());
        add("load average after", after.averages());
        add("stolen by the hypervisor, ticks before", Long.toString(before.stolenTicks()));
        add("stolen by the hypervisor, ticks after", Long.toString(after.stolenTicks()));
        disturbances = Disturbance.signs(before, after, summary);
        add("disturbed", disturbances.isEmpty() ? "no" : String.join("; ", disturbances));
    }

    /** Signs that others were at work on the machine meanwhile. */
    List<String> disturbances() {
        return disturbances;
    }

    Map<String, String> facts() {
        return Collections.unmodifiableMap(facts);
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        facts.forEach(json::addProperty);
        return json;
    }

    /** One line for a caption. */
    String caption() {
        return facts.get("CPUs") + " × " + facts.get("CPU") + ", " + facts.get("kernel") + ", " + facts.get("JDK");
    }
}
