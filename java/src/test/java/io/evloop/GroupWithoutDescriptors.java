package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.error.NativeIoException;
import io.evloop.sys.Native;
import java.util.ArrayDeque;
import java.util.Deque;

/** A program of {@link EventLoopGroupTest}: opens a group where descriptors are lacking for its last loop. */
final class GroupWithoutDescriptors {

    private static final int LEFT = 5;

    private GroupWithoutDescriptors() {}

    public static void main(String[] arguments) throws Exception {
        EventLoopGroup.open(3).close(); // what must be loaded is loaded
        assertThrows(IllegalArgumentException.class, () -> EventLoopGroup.open(0));
        Deque<Integer> taken = new ArrayDeque<>();
        takeAll(taken);
        for (int count = 0; count < LEFT; count++) {
            Native.close(taken.pop());
        }
        NativeIoException failure = assertThrows(NativeIoException.class, () -> EventLoopGroup.open(3));
        int free = takeAll(taken);
        taken.forEach(Native::close);
        assertEquals("EMFILE", failure.errnoName());
        assertEquals(LEFT, free);
        assertTrue(Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("evloop-")));
    }

    /** How many there were. */
    private static int takeAll(Deque<Integer> taken) {
        int count = 0;
        for (int fd = Native.eventFd(); fd >= 0; fd = Native.eventFd()) {
            taken.push(fd);
            count++;
        }
        return count;
    }
}
