package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@link Rehearsal} is for: no class of evloop is loaded between one object of a loop, or of a pipe, and the next. */
class RehearsalTest {

    private static final String OPENING = "-- opening";
    private static final String OPENED = "-- opened";
    private static final String ADOPTING = "-- adopting";
    private static final String ADOPTED = "-- adopted";

    @Test
    void theFirstLoopAndItsFirstPipeAreBuiltOfClassesThatAreLoaded() throws Exception {
        List<String> lines = JavaProcess.runLoggingClasses(Programs.inJava(Building.class, "rehearsed"));
        assertTrue(loaded(lines, OPENED, ADOPTING).contains(Marker.class.getName()), "such a class would be seen");
        assertEquals(List.of(), loaded(lines, OPENING, OPENED));
        assertEquals(List.of(), loaded(lines, ADOPTING, ADOPTED));
    }

    @Test
    void openHoldsItUnlessItWasHeld() throws Exception {
        List<String> lines = JavaProcess.runLoggingClasses(Programs.inJava(Building.class));
        List<String> opening = loaded(lines, OPENING, OPENED);
        assertTrue(opening.contains(Pipe.class.getName()), opening::toString);
        assertEquals(List.of(), loaded(lines, ADOPTING, ADOPTED));
    }

    @Test
    void aLoopThatNeedsNoPipeOpensWhereThePipesCannotBeLoaded(@TempDir Path first) throws Exception {
        Path broken = first.resolve("io/evloop/FramePush.class");
        Files.createDirectories(broken.getParent());
        Files.createFile(broken);
        JavaProcess process =
                JavaProcess.of(TimersAlone.class).classPath(first.toString(), System.getProperty("java.class.path"));
        JavaProcess.Result result = process.run();
        assertEquals(0, result.exitCode(), result::output);
    }

    /** The classes of evloop that were loaded between two lines. */
    private static List<String> loaded(List<String> lines, String from, String to) {
        return lines.subList(lines.indexOf(from), lines.indexOf(to)).stream()
                .filter(line -> line.contains(" io.evloop."))
                .map(line -> line.replaceAll(".* (io\\.evloop\\.\\S*) .*", "$1"))
                .toList();
    }

    static final class Marker {

        private Marker() {}

        static void load() {}
    }

    static final class Building {

        private Building() {}

        public static void main(String[] arguments) throws IOException {
            EventLoopOptions options = EventLoopOptions.builder().build();
            if (arguments.length > 0) {
                Rehearsal.hold();
            }
            say(OPENING);
            try (EventLoop loop = EventLoop.open(options)) {
                say(OPENED);
                Marker.load();
                long pair = Fd.check(Native.socketPair(), "socketpair");
                say(ADOPTING);
                Pipe pipe = Pipe.adopt(loop, Fd.first(pair), 0);
                say(ADOPTED);
                pipe.close();
                Fd.close(Fd.second(pair));
            }
        }

        private static void say(String line) {
            System.out.println(line);
            System.out.flush();
        }
    }

    static final class TimersAlone {

        private TimersAlone() {}

        public static void main(String[] arguments) throws IOException {
            assertThrows(ClassFormatError.class, () -> Class.forName("io.evloop.FramePush"));
            List<String> told = new ArrayList<>();
            try (EventLoop loop = EventLoop.open()) {
                loop.schedule(0, () -> told.add("a timer"));
                Await.turns(loop, "the timer", () -> !told.isEmpty());
            }
        }
    }
}
