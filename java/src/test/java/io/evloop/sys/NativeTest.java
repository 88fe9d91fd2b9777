package io.evloop.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.Errors;
import io.evloop.testing.HighNumbers;
import io.evloop.testing.JavaProcess;
import io.evloop.testing.RawSocket;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Natives that are called with nonsense: a number comes back, and the JVM lives. */
class NativeTest {

    private static final long NO_ADDRESS = 0;

    /** In a JVM of its own: every native that takes a number, with the same bad one everywhere and no address. */
    static final class CallAll {

        private CallAll() {}

        public static void main(String[] arguments) throws Exception {
            for (Method method : Native.class.getMethods()) {
                List<Class<?>> types = Arrays.asList(method.getParameterTypes());
                if (Modifier.isNative(method.getModifiers()) && types.contains(int.class)) {
                    for (int bad : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                        Object[] values = types.stream()
                                .map(type -> type == int.class ? (Object) bad : (Object) NO_ADDRESS)
                                .toArray();
                        System.out.println(method.getName() + " " + bad + " " + method.invoke(null, values));
                    }
                }
            }
        }
    }

    @Test
    void returnsAnErrorForEveryBadNumberWithoutAnAddress() throws Exception {
        JavaProcess.Result result = JavaProcess.of(CallAll.class).run();
        assertEquals(0, result.exitCode(), result.output());
        List<String[]> calls = result.output()
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("WARNING"))
                .map(line -> line.split(" "))
                .toList();
        assertTrue(calls.size() > 60, result.output());
        for (String[] call : calls) {
            int value = Integer.parseInt(call[2]);
            boolean namesUnknown = call[0].equals("errnoName") && value == 0;
            assertTrue(value < 0 && value > -4096 || namesUnknown, () -> String.join(" ", call));
        }
        assertFalse(result.output().contains("in native method"), result.output());
    }

    @Test
    void returnsEfaultWhereThereIsNoMemory() throws Exception {
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket socket = pair[0];
                RawSocket peer = pair[1]) {
            int fd = socket.fd();
            peer.write("x");
            assertEquals(-Errors.EFAULT, Native.read(fd, NO_ADDRESS, 1));
            assertEquals(-Errors.EFAULT, Native.write(fd, NO_ADDRESS, 1));
            assertEquals(-Errors.EFAULT, Native.send(fd, NO_ADDRESS, 1));
            assertEquals(-Errors.EFAULT, Native.writev(fd, NO_ADDRESS, 1));
            assertEquals(-Errors.EFAULT, Native.sendv(fd, NO_ADDRESS, 1));
            assertEquals(-Errors.EFAULT, Native.open(NO_ADDRESS, 0, 0));
            assertEquals(-Errors.EFAULT, Native.errnoName(Errors.EPERM, NO_ADDRESS, 8));
            assertEquals(-Errors.EFAULT, Native.errnoMessage(Errors.EPERM, NO_ADDRESS, 8));
            assertEquals('x', socket.read(1)[0]);
        }
    }

    @Test
    void returnsTheErrorOfWhatIsNoSocketOrOpenNoMore() throws Exception {
        int event = HighNumbers.eventFd();
        assertEquals(-Errors.ENOTSOCK, Native.shutdownOutput(event));
        assertEquals(-Errors.ENOTSOCK, Native.sendBuffer(event));
        assertEquals(-Errors.ENOTSOCK, Native.setReceiveBuffer(event, 1));
        assertEquals(-Errors.ENOTSOCK, Native.send(event, NO_ADDRESS, 0));
        assertEquals(0, Native.isSocket(event));
        assertEquals(-Errors.EINVAL, Native.setSendBuffer(event, -1));
        Fd.close(event);
        assertEquals(-Errors.EBADF, Native.isSocket(event));
        assertEquals(-Errors.EBADF, Native.statusFlags(event));
        assertEquals(-Errors.EBADF, Native.eventFdWrite(event));
        assertEquals(-Errors.EBADF, Native.close(event));
    }

    @Test
    void knowsTheAddressOfDirectBuffersAlone() {
        assertEquals(NO_ADDRESS, Native.addressOf(null));
        assertEquals(NO_ADDRESS, Native.addressOf(ByteBuffer.allocate(8)));
        ByteBuffer direct = ByteBuffer.allocateDirect(8);
        long address = Native.addressOf(direct);
        assertTrue(address != NO_ADDRESS);
        direct.position(3);
        assertEquals(address, Native.addressOf(direct));
        assertEquals(address + 3, Native.addressOf(direct.slice()));
        assertEquals(address, Native.addressOf(direct.asReadOnlyBuffer()));
    }

    // row 37
    @Test
    void isTestedUnderXcheckJni() {
        List<String> options = ManagementFactory.getRuntimeMXBean().getInputArguments();
        assertTrue(options.contains("-Xcheck:jni"), options::toString);
    }
}
