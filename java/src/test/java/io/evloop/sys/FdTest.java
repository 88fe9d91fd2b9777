package io.evloop.sys;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.testing.Errors;
import io.evloop.testing.HighNumbers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of results of natives, and of descriptors. */
class FdTest {

    @TempDir
    private Path directory;

    @Test
    void passesWhatIsNoErrorAndThrowsWhatIs() throws Exception {
        assertEquals(0, Fd.check(0, "read"));
        assertEquals(Integer.MAX_VALUE, Fd.check(Integer.MAX_VALUE, "read"));
        assertEquals(7L << 32 | 8, Fd.check(7L << 32 | 8, "pipe2"));
        Errors.assertFails(Errors.EINVAL, "EINVAL", "read", () -> Fd.check(-Errors.EINVAL, "read"));
        Errors.assertFails(Errors.EMFILE, "EMFILE", "pipe2", () -> Fd.check((long) -Errors.EMFILE, "pipe2"));
    }

    @Test
    void takesTwoDescriptorsOutOfOneResult() {
        long packed = (long) Integer.MAX_VALUE << 32 | 3;
        assertEquals(Integer.MAX_VALUE, Fd.first(packed));
        assertEquals(3, Fd.second(packed));
        assertEquals(0, Fd.first(Integer.MAX_VALUE));
        assertEquals(Integer.MAX_VALUE, Fd.second(Integer.MAX_VALUE));
    }

    @Test
    void closesOnceAndSaysSoTheSecondTime() throws Exception {
        int fd = HighNumbers.eventFd();
        Fd.close(fd);
        Errors.assertFails(Errors.EBADF, "EBADF", "close", () -> Fd.close(fd));
    }

    @Test
    void attachesTheFailureOfACloseToTheOneOnTheWay() throws Exception {
        IOException failure = new IOException("the first");
        int fd = HighNumbers.eventFd();
        Fd.closeAfter(failure, fd);
        assertEquals(0, failure.getSuppressed().length);
        Fd.closeAfter(failure, fd);
        assertEquals(1, failure.getSuppressed().length);
        assertEquals(Errors.EBADF, ((NativeIoException) failure.getSuppressed()[0]).errno());
    }

    @Test
    void knowsWhichWayADescriptorGoes() throws Exception {
        long pipe = Fd.check(Native.pipe(), "pipe2");
        long sockets = Fd.check(Native.socketPair(), "socketpair");
        assertWays(Fd.first(pipe), true, false);
        assertWays(Fd.second(pipe), false, true);
        assertWays(Fd.first(sockets), true, true);
        assertWays(Fd.second(sockets), true, true);
    }

    private static void assertWays(int fd, boolean readable, boolean writable) throws IOException {
        for (int nonBlocking = 0; nonBlocking < 2; nonBlocking++) {
            Fd.check(Native.setNonBlocking(fd, nonBlocking), "fcntl");
            int flags = Fd.check(Native.statusFlags(fd), "fcntl");
            assertEquals(readable, Fd.isReadable(flags));
            assertEquals(writable, Fd.isWritable(flags));
        }
        Fd.close(fd);
    }

    @Test
    void opensFilesByNameAndClosesThemOnExec() throws Exception {
        Path file = directory.resolve("snow \u2744");
        int flags = FileDescriptors.O_WRONLY | FileDescriptors.O_CREAT | FileDescriptors.O_TRUNC;
        for (int round = 0; round < 2; round++) {
            int fd = FileDescriptors.open(file.toString(), flags);
            assertEquals(1, Native.descriptorFlags(fd));
            CString text = CString.of("ab", "text");
            assertEquals(2, Native.write(fd, text.address(), 2));
            Fd.close(fd);
        }
        int fd = FileDescriptors.open(file.toString(), FileDescriptors.O_RDWR | FileDescriptors.O_APPEND);
        CString text = CString.of("cd", "text");
        assertEquals(2, Native.write(fd, text.address(), 2));
        Fd.close(fd);
        assertArrayEquals(new byte[] {'a', 'b', 'c', 'd'}, Files.readAllBytes(file));
    }

    @Test
    void namesTheFileThatCannotBeOpened() {
        NativeIoException missing = Errors.assertFails(
                Errors.ENOENT, "ENOENT", "open", () -> FileDescriptors.open("/nowhere", FileDescriptors.O_RDONLY));
        assertTrue(missing.getMessage().startsWith("open /nowhere: "), missing.getMessage());
        IllegalArgumentException cut = assertThrows(
                IllegalArgumentException.class, () -> FileDescriptors.open("/etc\0", FileDescriptors.O_RDONLY));
        assertFalse(cut.getMessage().contains("\0"), cut.getMessage());
    }
}
