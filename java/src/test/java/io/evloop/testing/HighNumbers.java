package io.evloop.testing;

import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.util.concurrent.Callable;

/**
 * Descriptors for tests that go on with a number after its close. The kernel gives the lowest number that is free, and the
 * JVM opens files of its own at any time: it must find lower ones.
 */
public final class HighNumbers {

    private static final int COUNT = 64;

    private HighNumbers() {}

    /** What {@code opening} returns; what it has opened has {@link #COUNT} free numbers below it. */
    public static <T> T open(Callable<T> opening) throws Exception {
        int[] below = new int[COUNT];
        int count = 0;
        try {
            while (count < COUNT) {
                below[count] = Fd.check(Native.eventFd(), "eventfd");
                count++;
            }
            return opening.call();
        } finally {
            closeAll(below, count);
        }
    }

    private static void closeAll(int[] descriptors, int count) throws IOException {
        for (int index = 0; index < count; index++) {
            Fd.close(descriptors[index]);
        }
    }

    /** An eventfd. */
    public static int eventFd() throws Exception {
        return open(() -> Fd.check(Native.eventFd(), "eventfd"));
    }
}
