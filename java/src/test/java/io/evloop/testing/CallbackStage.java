package io.evloop.testing;

import io.evloop.EventLoop;
import io.evloop.PipeOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A loop on which an action is run inside a callback of any kind. <em>Self</em> is what is called back: a pipe, unless the
 * place makes something else; <em>other</em> is a bystander, who records his frames.
 */
public final class CallbackStage implements AutoCloseable {

    /** What is done inside the callback. */
    @FunctionalInterface
    public interface Action {
        void run() throws Exception;
    }

    private final TestLoop test;
    private final List<AutoCloseable> kept = new ArrayList<>();
    private final List<Throwable> closes = new ArrayList<>();
    private PeeredPipe self;
    private PeeredPipe other;
    private CallbackPlace place;
    private Action action;
    private Object source;
    private int calls;

    private CallbackStage() throws IOException {
        test = TestLoop.open();
    }

    public static CallbackStage open() throws IOException {
        CallbackStage stage = new CallbackStage();
        stage.other = PeeredPipe.adopt(stage.loop()).pushed();
        stage.self = PeeredPipe.adopt(
                stage.loop(), PipeOptions.builder().highWater(1).lowWater(0).build());
        stage.source = stage.self.pipe();
        stage.self.pipe().onClose((pipe, cause) -> {
            if (stage.source == pipe) {
                stage.closed(cause);
            }
        });
        return stage;
    }

    /** Makes one of the coming turns run the action in that place. */
    public void arm(CallbackPlace newPlace, Action newAction) throws IOException {
        place = newPlace;
        action = newAction;
        newPlace.arm(this);
    }

    /** Runs the action in that place, and then whatever comes of it. */
    public void perform(CallbackPlace newPlace, Action newAction) throws IOException {
        arm(newPlace, newAction);
        Await.turns(loop(), "the callback " + newPlace, () -> calls > 0);
        Await.idle(loop());
    }

    /** A callback of the place. The first one runs the action, and throws what it throws, whatever that is. */
    void called() {
        if (calls++ == 0) {
            try {
                action.run();
            } catch (Exception e) {
                throw sneaky(e);
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static <E extends Exception> RuntimeException sneaky(Exception e) throws E {
        throw (E) e;
    }

    /** Self hears its close, which is the callback itself in one of the places. */
    void closed(Throwable cause) {
        closes.add(cause);
        if (place == CallbackPlace.CLOSE) {
            called();
        }
    }

    void calledBack(Object newSource) {
        source = newSource;
    }

    void keep(AutoCloseable resource) {
        kept.add(resource);
    }

    /** Closes or cancels what is called back. */
    public void endSelf() throws IOException {
        place.end(this);
    }

    public TestLoop test() {
        return test;
    }

    public EventLoop loop() {
        return test.loop();
    }

    public PeeredPipe self() {
        return self;
    }

    public PeeredPipe other() {
        return other;
    }

    /** What is called back, as the error handler knows it. */
    public Object source() {
        return source;
    }

    /** How often the place was called back. */
    public int calls() {
        return calls;
    }

    /** The causes that self was told, one for each call of its {@code onClose}. */
    public List<Throwable> closes() {
        return closes;
    }

    @Override
    public void close() throws Exception {
        try {
            test.close();
        } finally {
            self.close();
            other.close();
            for (AutoCloseable one : kept) {
                one.close();
            }
        }
    }
}
