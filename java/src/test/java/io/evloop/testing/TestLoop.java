package io.evloop.testing;

import io.evloop.EventLoop;
import io.evloop.EventLoopOptions;
import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** An event loop that keeps what its error handler hears. A test that leaves any of it untaken fails when it closes this. */
public final class TestLoop implements AutoCloseable {

    /** One call of the error handler. */
    public record Heard(Object source, Throwable error) {}

    private final Queue<Heard> heard = new ConcurrentLinkedQueue<>();
    private final EventLoop loop;

    private TestLoop(EventLoopOptions.Builder options) throws IOException {
        loop = EventLoop.open(options.errorHandler((source, error) -> heard.add(new Heard(source, error)))
                .build());
    }

    public static TestLoop open() throws IOException {
        return open(EventLoopOptions.builder());
    }

    /** The error handler is set here. */
    public static TestLoop open(EventLoopOptions.Builder options) throws IOException {
        return new TestLoop(options);
    }

    public EventLoop loop() {
        return loop;
    }

    /** What the error handler has heard, in order; taken off. */
    public List<Heard> takeErrors() {
        List<Heard> taken = List.copyOf(heard);
        heard.clear();
        return taken;
    }

    /** The one error that was heard; taken off. */
    public Heard takeError() {
        List<Heard> taken = takeErrors();
        if (taken.size() != 1) {
            throw new AssertionError("expected one error, heard " + taken);
        }
        return taken.get(0);
    }

    @Override
    public void close() {
        loop.close();
        if (!heard.isEmpty()) {
            AssertionError failure = new AssertionError("the error handler heard " + heard);
            heard.forEach(one -> failure.addSuppressed(one.error()));
            throw failure;
        }
    }
}
