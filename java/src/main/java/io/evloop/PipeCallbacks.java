package io.evloop;

import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** Whom a pipe tells of what is no frame. Loop thread only. */
final class PipeCallbacks {

    private final Pipe pipe;
    private Consumer<Pipe> drainHandler;
    private Consumer<Pipe> endHandler;
    private CloseHandler closeHandler;
    private CloseHandler ownerCloseHandler;
    private boolean closeTold;

    /** The close came while nobody was there to be told. */
    private boolean closeUnheard;

    private Throwable closeCause;

    PipeCallbacks(Pipe pipe) {
        this.pipe = pipe;
    }

    void onDrain(Consumer<Pipe> handler) {
        drainHandler = handler;
    }

    void onEnd(Consumer<Pipe> handler) {
        endHandler = handler;
    }

    /** Set too late, as by a task that comes after the close, it is called all the same, in the coming turn. */
    void onClose(CloseHandler handler) {
        closeHandler = handler;
        if (closeUnheard && handler != null) {
            closeUnheard = false;
            try {
                pipe.connection().loop().execute(() -> tellLate(handler));
            } catch (RejectedExecutionException e) {
                return; // the loop is closed, and calls nobody any more
            }
        }
    }

    private void tellLate(CloseHandler handler) {
        try {
            handler.onClose(pipe, closeCause);
        } catch (Throwable e) {
            pipe.endpoint().context().reportError(pipe, e);
        }
    }

    /** What owns the pipe, and hears of the close after its user. */
    void onCloseOfOwner(CloseHandler handler) {
        ownerCloseHandler = handler;
    }

    void tellDrain() {
        if (drainHandler != null) {
            drainHandler.accept(pipe);
            pipe.endpoint().context().abortOpenClaims();
        }
    }

    /** Whether there is somebody to tell. */
    boolean tellEnd() {
        if (endHandler == null) {
            return false;
        }
        endHandler.accept(pipe);
        return true;
    }

    void tellClose(Throwable cause) {
        closeTold = true;
        closeCause = cause;
        closeUnheard = closeHandler == null;
        try {
            if (closeHandler != null) {
                closeHandler.onClose(pipe, cause);
            }
        } finally {
            if (ownerCloseHandler != null) {
                ownerCloseHandler.onClose(pipe, cause);
            }
        }
    }

    /** Whether {@code onClose} was called. */
    boolean isCloseTold() {
        return closeTold;
    }

    /** What {@code onClose} was told. */
    Throwable closeCause() {
        return closeCause;
    }
}
