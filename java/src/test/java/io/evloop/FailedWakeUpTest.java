package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.Background;
import io.evloop.testing.PeeredPipe;
import io.evloop.testing.RawFds;
import io.evloop.testing.Resources;
import io.evloop.testing.SocketKind;
import io.evloop.testing.TestLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What is queued for a loop that could then not be woken, whose eventfd is replaced meanwhile. */
class FailedWakeUpTest {

    private TestLoop test;
    private EventLoop loop;
    private TaskQueue tasks;
    private int eventFd;

    @BeforeEach
    void open() throws Exception {
        Map<String, String> before = Resources.openDescriptors();
        Background.await("its first owner", () -> test = TestLoop.open());
        loop = test.loop();
        tasks = loop.context().tasks;
        Map<String, String> opened = Resources.openDescriptors();
        opened.entrySet().removeAll(before.entrySet());
        opened.values().removeIf(target -> !target.contains("eventfd"));
        assertEquals(1, opened.size());
        eventFd = Integer.parseInt(opened.keySet().iterator().next());
    }

    @AfterEach
    void close() {
        test.close();
    }

    /** Calls what is to wake the loop, which sleeps as far as anybody can tell, while its eventfd cannot be written to. */
    private void callInVain(Executable call) throws IOException {
        int directory = Fd.check(openReadOnly(), "open");
        RawFds.replace(eventFd, directory);
        Fd.close(directory);
        tasks.fallAsleep();
        assertThrows(UncheckedIOException.class, call);
        int another = Fd.check(Native.eventFd(), "eventfd");
        RawFds.replace(eventFd, another);
        Fd.close(another);
    }

    private static int openReadOnly() {
        ByteBuffer dot = ByteBuffer.allocateDirect(2).put((byte) '.').put((byte) 0);
        return Native.open(Native.addressOf(dot), 0, 0);
    }

    @Test
    void aSenderIsServedOnceAndItsNextSignalWakesTheLoop() throws Exception {
        try (TestLoop own = TestLoop.open();
                PeeredPipe peered = PeeredPipe.adopt(own.loop())) {
            Sender sender = new Sender(peered.pipe(), tasks, 4096, 100);
            callInVain(sender::signal);
            assertEquals(0, loop.stats().wakeups());
            sender.signal();
            assertEquals(1, loop.stats().wakeups());
            assertSame(sender, tasks.takeSignalled());
            assertNull(sender.nextSignalled, "it was served for ever");
        }
    }

    @Test
    void aSocketThatWasToMoveIsClosedOnce() throws Exception {
        Path path = SocketKind.UNIX_PATH.newAddress().path();
        List<String> handled = new ArrayList<>();
        try (TestLoop from = TestLoop.open();
                Listener listener = from.loop().listen(Address.unix(path), (of, socket) -> {
                    callInVain(() -> socket.moveTo(loop, moved -> handled.add("moved")));
                    assertFalse(socket.isOpen());
                });
                SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(path));
            Await.turns(from.loop(), "the client", () -> listener.stats().accepted() == 1);
            assertEquals(-1, client.read(ByteBuffer.allocate(1)));
            Await.idle(loop);
            assertEquals(List.of(), handled, "by then it was somebody else's descriptor");
        }
    }

    @Test
    void aPairIsClosedOnce() throws Exception {
        try (TestLoop own = TestLoop.open()) {
            callInVain(() -> Pipe.pair(own.loop(), loop));
            Await.idle(own.loop());
            Await.idle(loop);
            assertEquals(List.of(), test.takeErrors());
        }
    }
}
