package io.evloop.testing;

import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Messages that carry descriptors, on a blocking Unix socket, and numbers of descriptors that change what they stand for. */
public final class RawFds {

    /** One read: its bytes, and the descriptors that came with them, which are the caller's. */
    public record Received(byte[] bytes, List<Integer> fds) {

        /** The one descriptor. */
        public int fd() {
            if (fds.size() != 1) {
                throw new AssertionError("expected one descriptor, got " + fds);
            }
            return fds.get(0);
        }
    }

    /** What else can come with a message than descriptors: an option of {@code socket(7)} or {@code unix(7)}. */
    public enum Also {
        SO_PASSCRED(16),
        SO_PASSSEC(34),
        /** From Linux 6.5 on. */
        SO_PASSPIDFD(76),
        /** From Linux 6.17 on. */
        SO_INQ(84);

        private final int option;

        Also(int option) {
            this.option = option;
        }
    }

    static {
        System.load(Programs.inC("rights.so"));
    }

    private RawFds() {}

    /** {@code sendmsg} with all of them in one message: bytes sent, or -errno. */
    private static native int sendAll(int socket, long address, int length, long fds, int count);

    private static native int setOption(int socket, int option);

    private static native int duplicateTo(int fd, int number);

    /** {@code dup3(2)}: from now on, and without a moment in between, the number {@code number} stands for what {@code fd} does. */
    public static void replace(int number, int fd) throws IOException {
        Fd.check(duplicateTo(fd, number), "dup3");
    }

    /** Asks for what the kernel then tells of every message: the credentials of whoever sent it, for one. */
    public static void askFor(RawSocket socket, Also also) throws IOException {
        Fd.check(setOption(socket.fd(), also.option), "setsockopt");
    }

    /** Sends bytes, at least one and few enough for one call, with up to 16 descriptors in the same message. */
    public static void sendAll(RawSocket socket, byte[] bytes, int... fds) throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
        ByteBuffer numbers =
                ByteBuffer.allocateDirect(fds.length * Integer.BYTES).order(ByteOrder.nativeOrder());
        numbers.asIntBuffer().put(fds);
        int sent = sendAll(socket.fd(), Native.addressOf(direct), bytes.length, Native.addressOf(numbers), fds.length);
        Reference.reachabilityFence(direct);
        Reference.reachabilityFence(numbers);
        if (Fd.check(sent, "sendmsg") != bytes.length) {
            throw new AssertionError("sent " + sent + " of " + bytes.length);
        }
    }

    /** Sends bytes, the first of them with a descriptor. */
    public static void send(RawSocket socket, byte[] bytes, int fd) throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
        int sent = Native.sendFd(socket.fd(), Native.addressOf(direct), bytes.length, fd);
        Reference.reachabilityFence(direct);
        RawBytes.write(socket.fd(), Arrays.copyOfRange(bytes, Fd.check(sent, "sendmsg"), bytes.length));
    }

    /** Reads once. */
    public static Received receive(RawSocket socket, int length) throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(length);
        ByteBuffer rights = ByteBuffer.allocateDirect(Native.RIGHTS_SIZE).order(ByteOrder.nativeOrder());
        int count = Native.receive(
                socket.fd(), Native.addressOf(direct), length, Native.addressOf(rights), Native.RIGHTS_MAX);
        byte[] bytes = new byte[Fd.check(count, "recvmsg")];
        direct.get(0, bytes);
        List<Integer> fds = new ArrayList<>();
        for (int index = 0; index < rights.getInt(Native.RIGHTS_COUNT_OFFSET); index++) {
            fds.add(rights.getInt(Native.RIGHTS_FDS_OFFSET + index * Integer.BYTES));
        }
        return new Received(bytes, fds);
    }
}
