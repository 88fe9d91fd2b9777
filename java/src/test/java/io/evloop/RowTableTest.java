package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Property;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** The table in README.md beside this file: each row has its tests, and they are there. */
class RowTableTest {

    private static final int ROWS = 53;
    private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
    private static final Path SOURCES = REPOSITORY.resolve("java/src/test/java");
    private static final Path TABLE = SOURCES.resolve("io/evloop/README.md");

    private static final Pattern LINE = Pattern.compile("\\| (\\d+) \\| ([^|]+) \\| ([^|]+) \\|");
    private static final Pattern HOLDER = Pattern.compile("`([^`]+)`");

    /** What holds each row: {@code Class.method}, or the path of a file. */
    private static final Map<Integer, List<String>> HOLDERS = new TreeMap<>();

    private static final Map<String, Path> FILES = new TreeMap<>();

    @BeforeAll
    static void read() throws IOException {
        for (String line : Files.readAllLines(TABLE)) {
            Matcher row = LINE.matcher(line);
            if (row.matches()) {
                List<String> holders = HOLDER.matcher(row.group(3))
                        .results()
                        .map(holder -> holder.group(1))
                        .toList();
                List<String> before = HOLDERS.put(Integer.valueOf(row.group(1)), holders);
                assertEquals(null, before, "twice: row " + row.group(1));
            }
        }
        try (Stream<Path> files = Files.walk(SOURCES)) {
            files.filter(file -> file.toString().endsWith("Test.java"))
                    .forEach(file -> FILES.put(file.getFileName().toString().replace(".java", ""), file));
        }
    }

    @Test
    void everyRowIsThere() {
        Set<Integer> all = IntStream.rangeClosed(1, ROWS).boxed().collect(Collectors.toCollection(TreeSet::new));
        assertEquals(all, HOLDERS.keySet());
        HOLDERS.forEach((row, holders) -> assertFalse(holders.isEmpty(), "nothing holds row " + row));
    }

    @Test
    void everyMethodIsATestThatSaysWhichRowItHolds() throws Exception {
        List<String> faults = new ArrayList<>();
        for (Map.Entry<Integer, List<String>> row : HOLDERS.entrySet()) {
            for (String holder : row.getValue()) {
                if (!isFile(holder)) {
                    faults.addAll(faultsOf(row.getKey(), holder));
                }
            }
        }
        assertEquals(List.of(), faults);
    }

    @Test
    void everyFileIsThere() {
        HOLDERS.values().stream()
                .flatMap(List::stream)
                .filter(RowTableTest::isFile)
                .forEach(file -> assertTrue(Files.isRegularFile(REPOSITORY.resolve(file)), file));
    }

    private static boolean isFile(String holder) {
        return holder.contains("/");
    }

    private static List<String> faultsOf(int row, String holder) throws Exception {
        int dot = holder.lastIndexOf('.');
        Path file = dot < 0 ? null : FILES.get(holder.substring(0, dot));
        if (file == null) {
            return List.of(holder + ": there is no such class");
        }
        String method = holder.substring(dot + 1);
        String type = SOURCES.relativize(file).toString().replace(".java", "").replace('/', '.');
        List<String> faults = new ArrayList<>();
        if (!isTest(Class.forName(type), method)) {
            faults.add(holder + ": there is no such test");
        } else if (!isMarked(Files.readAllLines(file), method, row)) {
            faults.add(holder + ": there is no comment \"// row " + row + "\" above it");
        }
        return faults;
    }

    private static boolean isTest(Class<?> type, String name) {
        return !type.isAnnotationPresent(Disabled.class)
                && Arrays.stream(type.getDeclaredMethods())
                        .filter(method -> method.getName().equals(name))
                        .filter(method -> !method.isAnnotationPresent(Disabled.class))
                        .anyMatch(method -> Stream.of(
                                        Test.class,
                                        ParameterizedTest.class,
                                        RepeatedTest.class,
                                        Property.class,
                                        FuzzTest.class)
                                .anyMatch(method::isAnnotationPresent));
    }

    /** Looks from the declaration upwards, to the empty line behind what stands before it. */
    private static boolean isMarked(List<String> lines, String method, int row) {
        Pattern declaration = Pattern.compile("    void " + method + "\\(.*");
        Pattern mark = Pattern.compile("\\s*// rows? (\\d+(, | and ))*" + row + "\\b.*");
        boolean marked = false;
        for (String line : lines) {
            marked = !line.isBlank() && (marked || mark.matcher(line).matches());
            if (declaration.matcher(line).matches()) {
                return marked;
            }
        }
        return false;
    }
}
