package io.evloop.testing;

import io.evloop.EventLoop;
import io.evloop.Pipe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A pipe that has a frame to be read at any time, but for while it rests. The pipe itself is closed by its loop. */
public final class BusyPipe implements AutoCloseable {

    private static final byte[] FRAME = Frames.frame(1, "again");

    private static final int READ_LENGTH = 64 * 1024;

    private final PeeredPipe peered;
    private final AtomicInteger frames = new AtomicInteger();
    private volatile boolean resting = true;
    private volatile boolean lastHeard;
    private volatile Runnable lastAct = () -> {};

    private BusyPipe(PeeredPipe peered) {
        this.peered = peered;
        peered.pipe().onFrame((from, channelId, payload) -> {
            if (resting) {
                lastAct.run();
                lastHeard = true;
            } else {
                write();
            }
            frames.incrementAndGet();
        });
    }

    /** At rest. On the loop's thread. */
    public static BusyPipe adopt(EventLoop loop) throws IOException {
        return new BusyPipe(PeeredPipe.adopt(loop));
    }

    public Pipe pipe() {
        return peered.pipe();
    }

    /** Frames that were heard. Any thread. */
    public int frames() {
        return frames.get();
    }

    /** From now on there is a frame to be read, whenever. Any thread, while this rests. */
    public void start() {
        resting = false;
        lastHeard = false;
        write();
    }

    /** The frame under way is the last one of its own. Any thread. */
    public void rest() {
        resting = true;
    }

    /** Whether it was heard. Any thread. */
    public boolean hasHeardTheLast() {
        return lastHeard;
    }

    /** What the handler of that one does, and of each that is written behind it. Any thread. */
    public void onRest(Runnable act) {
        lastAct = act;
    }

    /** Sends a frame to the pipe. Any thread, once this rests and the last frame was heard. */
    public void write() {
        try {
            peered.peer().write(FRAME);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends so many bytes to the pipe and, once they are taken, reads all that the pipe sends, to its end. As {@link #write}. */
    public void writeThenReadToTheEnd(int length) throws IOException {
        peered.peer().write(new byte[length]);
        int count;
        do {
            count = peered.peer().readSome(READ_LENGTH).length;
        } while (count > 0);
    }

    /** The other end writes no more. Any thread, as {@link #write}. */
    public void shutdownOutput() throws IOException {
        peered.peer().shutdownOutput();
    }

    /** Whether some epoll of this process has it, see {@code proc_pid_fdinfo(5)}. Any thread. */
    public boolean isInEpoll() {
        String line = "tfd:\\s+" + pipe().connection().fd() + "\\s.*";
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fdinfo"))) {
            for (Path file : files) {
                if (linesOf(file).stream().anyMatch(found -> found.matches(line))) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> linesOf(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of(); // closed meanwhile: the directory's own descriptor, or another thread's
        }
    }

    /** Closes the other end. On the loop's thread, or once the loop is closed; idempotent. */
    @Override
    public void close() {
        resting = true; // a frame may be unread
        try {
            peered.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
