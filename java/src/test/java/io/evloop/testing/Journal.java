package io.evloop.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import io.evloop.Worker;
import io.evloop.WorkerBuilder;
import io.evloop.WorkerExit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What one worker told its supervisor, in the order in which it came. */
public final class Journal {

    private static final String FRAME = "frame";
    private static final String CLOSE = "close";
    private static final String EXIT = "exit";

    private final List<String> events = new ArrayList<>();
    private final List<String> frames = new ArrayList<>();
    private Throwable closeCause;
    private WorkerExit exit;

    /** Sets the handlers that write here. */
    public WorkerBuilder of(WorkerBuilder builder) {
        return builder.onFrame(this::frame).onClose(this::close).onExit(this::exit);
    }

    /** For a handler of frames that is set apart. */
    public void frame(Pipe pipe, int channelId, ByteBuffer payload) {
        events.add(FRAME);
        frames.add(channelId + ":" + textOf(payload));
    }

    /** For a handler of the close that is set apart. */
    public void close(Pipe pipe, Throwable cause) {
        events.add(CLOSE);
        closeCause = cause;
    }

    /** For a handler of the exit that is set apart. */
    public void exit(Worker worker, WorkerExit workerExit) {
        events.add(EXIT);
        exit = workerExit;
    }

    private static String textOf(ByteBuffer payload) {
        String text = Frames.text(payload);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    /** Each frame as {@code channel:text}, the text up to its first NUL. */
    public List<String> frames() {
        return frames;
    }

    /** The text of the only frame that begins like this, without that beginning. */
    public String textAfter(String beginning) {
        List<String> found = texts(text -> text.startsWith(beginning));
        assertEquals(1, found.size(), () -> beginning + " in " + frames);
        return found.get(0).substring(beginning.length());
    }

    /** The texts of the frames of channel 0 that are so. */
    public List<String> texts(Predicate<String> condition) {
        return frames.stream()
                .filter(frame -> frame.startsWith("0:"))
                .map(frame -> frame.substring(2))
                .filter(condition)
                .toList();
    }

    public boolean isClosed() {
        return events.contains(CLOSE);
    }

    public boolean hasExited() {
        return exit != null;
    }

    /** What {@code onClose} was told. */
    public Throwable closeCause() {
        return closeCause;
    }

    /** What {@code onExit} was told. */
    public WorkerExit exit() {
        return exit;
    }

    /** Runs the loop until the worker has left, and holds it to the order: frames, one close, one exit. */
    public WorkerExit awaitExit(EventLoop loop) {
        Await.turns(loop, "the exit", this::hasExited);
        Await.idle(loop);
        assertEnded();
        return exit;
    }

    /** Frames, then exactly one close, then exactly one exit. */
    public void assertEnded() {
        assertNotNull(exit, () -> "no exit: " + events);
        List<String> rest = events.stream().dropWhile(FRAME::equals).toList();
        assertEquals(List.of(CLOSE, EXIT), rest, () -> events.toString());
    }
}
