package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Journal;
import io.evloop.testing.Programs;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a worker is told at its start: arguments, environment, directory. */
class WorkerEnvironmentTest {

    private static Journal run(WorkerBuilder builder) throws Exception {
        Journal journal = new Journal();
        try (EventLoop loop = EventLoop.open()) {
            journal.of(builder).start(loop);
            assertEquals(0, journal.awaitExit(loop).code());
        }
        return journal;
    }

    private static Map<String, String> environmentOf(WorkerBuilder builder) throws Exception {
        Map<String, String> environment = new TreeMap<>();
        for (String entry : run(builder).texts(text -> true)) {
            int end = entry.indexOf('=');
            environment.put(entry.substring(0, end), entry.substring(end + 1));
        }
        return environment;
    }

    @Test
    void theEnvironmentIsTheSupervisorsAndTheNumberOfThePipe() throws Exception {
        Map<String, String> expected = new TreeMap<>(System.getenv());
        expected.put("EVLOOP_FD", "3");
        assertEquals(expected, environmentOf(Programs.actor("environment")));
    }

    @Test
    void aVariableIsAddedOrReplaced() throws Exception {
        Map<String, String> expected = new TreeMap<>(System.getenv());
        expected.put("EVLOOP_FD", "3");
        expected.put("PATH", "/nowhere");
        expected.put("ADDED", "a=b c");
        expected.put("EMPTY", "");
        WorkerBuilder builder = Programs.actor("environment")
                .env("PATH", "/nowhere")
                .env("ADDED", "at first")
                .env("ADDED", "a=b c")
                .env("EMPTY", "");
        assertEquals(expected, environmentOf(builder));
    }

    @Test
    void aClearedEnvironmentHoldsWhatIsSetAfterwardsAlone() throws Exception {
        WorkerBuilder builder =
                Programs.actor("environment").env("FORGOTTEN", "1").clearEnv();
        assertEquals(Map.of("EVLOOP_FD", "3"), environmentOf(builder));
        builder.env("KEPT", "2").pipeFd(9);
        assertEquals(Map.of("EVLOOP_FD", "9", "KEPT", "2"), environmentOf(builder));
    }

    @Test
    void charactersBeyondAsciiArriveAsUtf8() throws Exception {
        String text = "\u00e4\u20ac\ud83d\ude00";
        WorkerBuilder builder = Programs.actor("environment", "text", text).clearEnv();
        Journal journal = run(builder.env(text, text));
        assertEquals(List.of(text), journal.texts(text::equals));
        assertEquals(text, journal.textAfter(text + "="));
    }

    /** A shell would split, expand or drop each of these. */
    @Test
    void argumentsReachTheWorkerWithoutAShell() throws Exception {
        List<String> arguments = List.of("a b", "$HOME", "*", "'\"", "a\nb", "; exit 1", "\\", "-");
        String[] acts = arguments.stream()
                .flatMap(text -> List.of("text", text).stream())
                .toArray(String[]::new);
        assertEquals(arguments, run(Programs.actor(acts)).texts(text -> true));
    }

    @Test
    void anEmptyArgumentIsAnArgument() throws Exception {
        assertEquals(
                "\nx", run(Programs.worker("sh", "-c", REPORT, "sh", "", "x")).textAfter("arguments="));
    }

    /** Frame of 12 bytes on channel 0: {@code arguments=}, its second argument and its first. */
    private static final String REPORT = "printf '\\0\\0\\0\\0\\0\\14arguments=%s\\n%s' \"$1\" \"$2\" >&3";

    @Test
    void theProgramIsFoundOnTheSupervisorsPath() throws Exception {
        Journal journal = run(
                Programs.worker("sh", "-c", REPORT, "sh", "", "y").clearEnv().env("PATH", "/nowhere"));
        assertEquals("\ny", journal.textAfter("arguments="));
    }

    @Test
    void aWorkerStartsWhereItIsTold(@TempDir Path directory) throws Exception {
        Journal journal = run(Programs.actor("directory").directory(directory));
        assertEquals(directory.toRealPath().toString(), journal.textAfter(""));
    }

    @Test
    void aWorkerStartsInTheSupervisorsDirectoryUnlessToldOtherwise() throws Exception {
        String here = Path.of("").toRealPath().toString();
        assertEquals(here, run(Programs.actor("directory")).textAfter(""));
        assertEquals(
                here, run(Programs.actor("directory").directory(Path.of(""))).textAfter(""));
    }

    @Test
    void aProgramNamedWithASlashIsLookedForInTheDirectory() throws Exception {
        Path program = Path.of(Programs.inC("actor"));
        WorkerBuilder builder = Programs.worker("./" + program.getFileName(), "directory");
        Journal journal = run(builder.directory(program.getParent()));
        assertEquals(program.getParent().toRealPath().toString(), journal.textAfter(""));
    }

    @Test
    void namesAndNumbersOutOfRangeAreRefused() {
        WorkerBuilder builder = Programs.actor();
        assertThrows(IllegalArgumentException.class, () -> builder.pipeFd(2));
        assertThrows(IllegalArgumentException.class, () -> builder.pipeFd(256));
        assertThrows(IllegalArgumentException.class, () -> builder.pipeFd(-1));
        assertThrows(IllegalArgumentException.class, () -> builder.socketBuffer(0));
        assertThrows(IllegalArgumentException.class, () -> builder.onFrame(65_536, (pipe, channelId, payload) -> {}));
        assertThrows(IllegalArgumentException.class, () -> builder.onFrame(-1, (pipe, channelId, payload) -> {}));
    }

    @Test
    void bothModesAtOnceAreRefusedBeforeAnythingIsStarted() {
        FrameHandler push = (pipe, channelId, payload) -> {};
        WorkerBuilder builder = Programs.actor().onFrame(1, push);
        assertThrows(IllegalStateException.class, () -> builder.onReadable(Pipe::readFrame));
        builder.onFrame(1, null).onReadable(Pipe::readFrame);
        assertThrows(IllegalStateException.class, () -> builder.onFrame(push));
        assertThrows(IllegalStateException.class, () -> builder.onFrame(1, push));
        builder.onReadable(null).onFrame(push);
    }

    // row 42
    @Test
    void anEmptyCommandIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Worker.command());
        assertThrows(IllegalArgumentException.class, () -> Worker.command(""));
        assertThrows(IllegalArgumentException.class, () -> Worker.command("", "x"));
        assertThrows(NullPointerException.class, () -> Worker.command((String) null));
        assertThrows(NullPointerException.class, () -> Worker.command("x", null));
    }

    // row 42
    @Test
    void aNulIsRefusedWhereverItStands() {
        WorkerBuilder builder = Programs.actor();
        assertThrows(IllegalArgumentException.class, () -> Worker.command("a\0"));
        Exception refused = assertThrows(IllegalArgumentException.class, () -> Worker.command("a", "b\0c"));
        assertTrue(refused.getMessage().contains("b\\0c"), refused.getMessage());
        assertThrows(IllegalArgumentException.class, () -> builder.env("A\0", "1"));
        assertThrows(IllegalArgumentException.class, () -> builder.env("A", "\0"));
    }

    // row 42
    @Test
    void aNameThatCannotBeAVariablesIsRefused() {
        WorkerBuilder builder = Programs.actor();
        assertThrows(IllegalArgumentException.class, () -> builder.env("", "1"));
        assertThrows(IllegalArgumentException.class, () -> builder.env("A=B", "1"));
        assertThrows(IllegalArgumentException.class, () -> builder.env("=", "1"));
        assertThrows(IllegalArgumentException.class, () -> builder.env("EVLOOP_FD", "4"));
        assertThrows(NullPointerException.class, () -> builder.env(null, "1"));
        assertThrows(NullPointerException.class, () -> builder.env("A", null));
    }

    // row 42
    @Test
    void aRefusedVariableLeavesTheBuilderAsItWas() throws Exception {
        WorkerBuilder builder = Programs.actor("environment").clearEnv().env("A", "1");
        assertThrows(IllegalArgumentException.class, () -> builder.env("A", "2\0"));
        assertEquals(Map.of("A", "1", "EVLOOP_FD", "3"), environmentOf(builder));
    }
}
