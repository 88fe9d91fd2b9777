package io.evloop.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.evloop.error.NativeIoException;
import io.evloop.testing.DirectMemory;
import io.evloop.testing.Errors;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.Together;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Numbers of errors, their names and texts, and the exceptions made of them. */
class ErrnoTest {

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(Errno.ENOENT, "ENOENT"),
            Map.entry(Errno.ESRCH, "ESRCH"),
            Map.entry(Errno.EBADF, "EBADF"),
            Map.entry(Errno.ECHILD, "ECHILD"),
            Map.entry(Errno.EAGAIN, "EAGAIN"),
            Map.entry(Errno.ENOMEM, "ENOMEM"),
            Map.entry(Errno.EEXIST, "EEXIST"),
            Map.entry(Errno.EINVAL, "EINVAL"),
            Map.entry(Errno.ENFILE, "ENFILE"),
            Map.entry(Errno.EMFILE, "EMFILE"),
            Map.entry(Errno.EPIPE, "EPIPE"),
            Map.entry(Errno.ECONNRESET, "ECONNRESET"),
            Map.entry(Errno.ENOBUFS, "ENOBUFS"),
            Map.entry(Errno.ENOTCONN, "ENOTCONN"));

    @Test
    void agreesWithTheLibraryOfCOnEveryNumber() {
        NAMES.forEach((errno, name) -> assertEquals(name, Errno.name(errno)));
    }

    @Test
    void tellsTheNumberOfAnErrorWithoutAName() {
        assertEquals("errno 4095", Errno.name(4095));
        assertEquals("errno 0", Errno.name(0));
        assertEquals("errno -1", Errno.name(-1));
        assertEquals("errno " + Integer.MIN_VALUE, Errno.name(Integer.MIN_VALUE));
    }

    @Test
    void hasATextForEveryNumber() {
        assertEquals("No such file or directory", Errno.message(Errno.ENOENT));
        for (int errno : new int[] {-1, 0, 1, 133, 134, 4095, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertFalse(Errno.message(errno).isEmpty());
        }
    }

    @Test
    void makesAnExceptionThatNamesTheCallAndTheError() {
        NativeIoException bare = Errno.exception("read", -Errno.ECONNRESET);
        assertEquals("read: ECONNRESET (Connection reset by peer)", bare.getMessage());
        assertEquals("read", bare.systemCall());
        assertEquals(Errno.ECONNRESET, bare.errno());
        assertEquals("ECONNRESET", bare.errnoName());
        NativeIoException described = Errno.exception("execve", "exec python3", -Errno.ENOENT);
        assertEquals("exec python3: ENOENT (No such file or directory)", described.getMessage());
        assertEquals("execve", described.systemCall());
    }

    @Test
    void doesNotMixUpTheTextsOfManyThreads() throws Exception {
        Integer[] numbers = NAMES.keySet().toArray(Integer[]::new);
        Together.start(4, thread -> {
                    for (int round = 0; round < 20_000; round++) {
                        int errno = numbers[(thread + round) % numbers.length];
                        assertEquals(NAMES.get(errno), Errno.name(errno));
                    }
                })
                .close();
    }

    // row 52
    @Test
    void tellsOfAnErrorAndOfAnExitWhileDirectMemoryIsExhausted() throws Exception {
        JavaProcess.Result result = JavaProcess.of(TellWithoutMemory.class)
                .options(DirectMemory.LIMIT_OPTION)
                .run();
        assertEquals(0, result.exitCode(), result.output());
    }

    /** Uses up direct memory before the first error comes. */
    static final class TellWithoutMemory {

        private TellWithoutMemory() {}

        public static void main(String[] arguments) throws Exception {
            Fd.close(Fd.check(Native.eventFd(), "eventfd"));
            ExitStatus status = new ExitStatus(ExitStatus.newRecord());
            ByteBuffer all = DirectMemory.takeAllBut(0);
            try {
                Errors.assertFails(Errors.EBADF, "EBADF", "close", () -> Fd.close(-1));
                assertEquals(-Errno.EBADF, status.reap(Integer.MAX_VALUE));
                assertThrows(OutOfMemoryError.class, () -> ByteBuffer.allocateDirect(1));
            } finally {
                Reference.reachabilityFence(all);
            }
        }
    }
}
