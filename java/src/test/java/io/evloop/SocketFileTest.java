package io.evloop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.sys.SocketFile;
import io.evloop.testing.Await;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row 39: the path of a Unix socket, and the file there. */
class SocketFileTest {

    private static final int LONGEST = 107;

    @TempDir
    private Path directory;

    private TestLoop test;
    private EventLoop loop;

    @BeforeEach
    void open() throws IOException {
        test = TestLoop.open();
        loop = test.loop();
    }

    @AfterEach
    void close() {
        test.close();
    }

    private Listener listen(Path path) throws IOException {
        return loop.listen(Address.unix(path), (listener, socket) -> {});
    }

    private NativeIoException listenFailure(Path path) {
        NativeIoException failure = assertThrows(NativeIoException.class, () -> listen(path));
        assertEquals("bind", failure.systemCall());
        assertTrue(failure.getMessage().contains(path.toString()), failure::getMessage);
        return failure;
    }

    /** A path below the directory that has this many bytes, in a character of two bytes where that fits. */
    private Path ofLength(int bytes) {
        int rest = bytes - directory.toString().length() - 1;
        return directory.resolve("a".repeat(rest % 2) + "é".repeat(rest / 2));
    }

    // row 39
    @Test
    void whoCameWhileOursWasGoneKeepsHisFile() throws Exception {
        Path path = directory.resolve("file");
        SocketFile ours = new SocketFile(path.toString());
        assertEquals(
                "ENOENT", assertThrows(NativeIoException.class, ours::identify).errnoName());
        Files.createFile(path);
        assertFalse(ours.removeIfOwn());
        assertTrue(Files.exists(path));
    }

    // row 39
    @Test
    void aPathOf107BytesIsNotCut() throws Exception {
        Path path = ofLength(LONGEST);
        try (Listener listener = listen(path)) {
            assertTrue(Files.exists(path));
            assertEquals(path, listener.localAddress().path());
        }
    }

    // row 39
    @Test
    void aLongerPathOrNameIsRefusedWithTheLimit() {
        for (int length : new int[] {LONGEST + 1, 109, 300}) {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> Address.unix(ofLength(length)));
            assertTrue(refused.getMessage().contains("107"), refused::getMessage);
            assertTrue(refused.getMessage().contains("" + length), refused::getMessage);
            assertThrows(IllegalArgumentException.class, () -> Address.abstractUnix("n".repeat(length)));
        }
        assertEquals(
                LONGEST,
                Address.abstractUnix("n".repeat(LONGEST)).abstractName().length());
        assertThrows(IllegalArgumentException.class, () -> Address.unix(Path.of("")));
        assertThrows(IllegalArgumentException.class, () -> Address.abstractUnix(""));
    }

    // row 39
    @Test
    void aNulIsRefused() {
        assertThrows(InvalidPathException.class, () -> Address.unix(Path.of("a\0b")));
        assertThrows(IllegalArgumentException.class, () -> Address.abstractUnix("a\0b"));
        assertThrows(IllegalArgumentException.class, () -> Address.abstractUnix("a\uD800"));
    }

    @Test
    void theFileIsForItsOwnerAloneWhateverTheUmask() throws Exception {
        Path path = directory.resolve("socket");
        try (Listener listener = listen(path)) {
            assertFalse(listener.isClosed());
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        }
        assertFalse(Files.exists(path));
    }

    // row 39
    @Test
    void aPathThatIsTakenIsRefused() throws Exception {
        Path path = directory.resolve("taken");
        try (Listener first = listen(path)) {
            NativeIoException refused = listenFailure(path);
            assertEquals("EADDRINUSE", refused.errnoName());
            assertTrue(refused.getMessage().contains("that is in use"), refused::getMessage);
            assertTrue(Files.exists(path), "the first one's file");
            assertFalse(first.isClosed());
        }
    }

    // row 39
    @Test
    void aStaleFileIsNamedAsSuchAndLeftAlone() throws Exception {
        Path path = directory.resolve("stale");
        try (ServerSocketChannel gone = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            gone.bind(UnixDomainSocketAddress.of(path));
        }
        NativeIoException refused = listenFailure(path);
        assertEquals("EADDRINUSE", refused.errnoName());
        assertTrue(refused.getMessage().contains("left behind"), refused::getMessage);
        assertTrue(Files.exists(path));
    }

    // row 39
    @Test
    void aFileThatIsNoSocketIsLeftAlone() throws Exception {
        Path path = Files.write(directory.resolve("file"), new byte[] {1, 2, 3});
        NativeIoException refused = listenFailure(path);
        assertEquals("EADDRINUSE", refused.errnoName());
        assertTrue(refused.getMessage().contains("that is in use"), refused::getMessage); // and is not to be removed
        assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(path));
    }

    // row 39
    @Test
    void aMissingDirectoryIsNamed() {
        assertEquals("ENOENT", listenFailure(directory.resolve("no/socket")).errnoName());
    }

    // row 39
    @Test
    void aFileThatHasReplacedTheOwnIsNotRemoved() throws Exception {
        Path path = directory.resolve("replaced");
        try (Listener first = listen(path)) {
            Files.delete(path);
            try (Listener second = listen(path)) {
                first.close();
                assertTrue(Files.exists(path), "the second one's file");
                assertFalse(second.isClosed());
            }
            assertFalse(Files.exists(path));
        }
    }

    @Test
    void aFileThatIsGoneIsNoFault() throws Exception {
        Path path = directory.resolve("gone");
        try (Listener listener = listen(path)) {
            Files.delete(path);
            assertFalse(listener.isClosed());
        }
    }

    @Test
    void anAbstractNameMakesNoFile() throws Exception {
        String name = directory.resolve("abstract").toString();
        try (Listener listener = loop.listen(Address.abstractUnix(name), (from, socket) -> {})) {
            assertFalse(Files.exists(Path.of(name)));
            assertEquals(name, listener.localAddress().abstractName());
            assertEquals(
                    "EADDRINUSE",
                    assertThrows(
                                    NativeIoException.class,
                                    () -> loop.listen(Address.abstractUnix(name), (from, socket) -> {}))
                            .errnoName());
        }
    }

    @Test
    void whoLivesAtTheNameDoesNotHearOfTheRefusal() throws Exception {
        Path path = directory.resolve("socket");
        try (TestLoop first = TestLoop.open()) {
            int[] accepted = {0};
            Listener listener = first.loop().listen(Address.unix(path), (from, socket) -> accepted[0]++);
            NativeIoException refused = listenFailure(path);
            assertTrue(refused.getMessage().contains("that is in use"), refused::getMessage);
            Await.idle(first.loop());
            assertEquals(0, accepted[0]);
            assertEquals(0, listener.stats().accepted());
        }
    }
}
