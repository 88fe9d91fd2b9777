package io.evloop.sys;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A {@code struct sockaddr} off-heap: that of a Unix socket or of IPv4 or IPv6. Immutable. */
public final class NativeAddress {

    /** Bytes of the longest path or abstract name: one of the field's 108 is a NUL, behind the one or before the other. */
    public static final int UNIX_NAME_MAX = Native.ADDRESS_SIZE - Native.UNIX_PATH_OFFSET - 1;

    private static final int IPV4_LENGTH = 4;
    private static final int IPV6_LENGTH = 16;
    private static final byte[] MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

    private final ByteBuffer memory;
    private final int length;

    private NativeAddress(ByteBuffer memory, int length) {
        this.memory = memory;
        this.length = length;
    }

    private static ByteBuffer allocate() {
        return ByteBuffer.allocateDirect(Native.ADDRESS_SIZE).order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer allocate(int family) {
        return allocate().putShort(Native.ADDRESS_FAMILY_OFFSET, (short) family);
    }

    /** Of 1 to {@link #UNIX_NAME_MAX} bytes without a NUL. */
    public static NativeAddress ofPath(byte[] path) {
        checkName(path);
        ByteBuffer memory = allocate(Native.AF_UNIX).put(Native.UNIX_PATH_OFFSET, path); // the rest is zero
        return new NativeAddress(memory, Native.UNIX_PATH_OFFSET + path.length + 1);
    }

    /** Of the abstract namespace, 1 to {@link #UNIX_NAME_MAX} bytes. */
    public static NativeAddress ofAbstractName(byte[] name) {
        checkName(name);
        ByteBuffer memory = allocate(Native.AF_UNIX).put(Native.UNIX_PATH_OFFSET + 1, name);
        return new NativeAddress(memory, Native.UNIX_PATH_OFFSET + 1 + name.length);
    }

    private static void checkName(byte[] name) {
        if (name.length < 1 || name.length > UNIX_NAME_MAX) {
            throw new IllegalArgumentException(name.length + " bytes are outside 1.." + UNIX_NAME_MAX);
        }
    }

    /**
     * @param address 4 or 16 bytes
     * @param scope the number of an interface, for link-local addresses of IPv6; otherwise 0
     */
    public static NativeAddress ofInet(byte[] address, int scope, int port) {
        boolean ipv4 = address.length == IPV4_LENGTH;
        ByteBuffer memory = allocate(ipv4 ? Native.AF_INET : Native.AF_INET6);
        memory.put(Native.INET_PORT_OFFSET, (byte) (port >> Byte.SIZE)).put(Native.INET_PORT_OFFSET + 1, (byte) port);
        if (ipv4) {
            return new NativeAddress(memory.put(Native.INET_ADDRESS_OFFSET, address), Native.INET_SIZE);
        }
        memory.put(Native.INET6_ADDRESS_OFFSET, address).putInt(Native.INET6_SCOPE_OFFSET, scope);
        return new NativeAddress(memory, Native.INET6_SIZE);
    }

    /** One of the calls that fill in an address; its length or {@code -errno}. */
    @FunctionalInterface
    private interface Query {
        int ask(int socket, long address, int capacity);
    }

    /** By {@code getsockname(2)}. */
    public static NativeAddress localOf(int socket) throws IOException {
        return ask(Native::localAddress, "getsockname", socket);
    }

    /** By {@code getpeername(2)}. */
    public static NativeAddress peerOf(int socket) throws IOException {
        return ask(Native::peerAddress, "getpeername", socket);
    }

    private static NativeAddress ask(Query query, String systemCall, int socket) throws IOException {
        ByteBuffer memory = allocate();
        try {
            int length = Fd.check(query.ask(socket, Native.addressOf(memory), Native.ADDRESS_SIZE), systemCall);
            return new NativeAddress(memory, Math.min(length, Native.ADDRESS_SIZE)).unmapped();
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    /** A socket of IPv6 names an address of IPv4 by one of its own, {@code ipv6(7)}: made one of IPv4 again. */
    private NativeAddress unmapped() {
        if (family() != Native.AF_INET6) {
            return this;
        }
        byte[] address = inetAddress();
        return Arrays.equals(address, 0, MAPPED.length, MAPPED, 0, MAPPED.length)
                ? ofInet(Arrays.copyOfRange(address, MAPPED.length, IPV6_LENGTH), 0, port())
                : this;
    }

    /** {@code bind(2)}: 0 or {@code -errno}. */
    public int bind(int socket) {
        try {
            return Native.bind(socket, Native.addressOf(memory), length);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** {@code connect(2)}: 0 or {@code -errno}. */
    public int connect(int socket) {
        try {
            return Native.connect(socket, Native.addressOf(memory), length);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** {@link Native#AF_UNIX}, {@link Native#AF_INET} or {@link Native#AF_INET6}. */
    public int family() {
        return memory.getShort(Native.ADDRESS_FAMILY_OFFSET);
    }

    /** Whether it is in the abstract namespace. */
    public boolean isAbstract() {
        return length > Native.UNIX_PATH_OFFSET && memory.get(Native.UNIX_PATH_OFFSET) == 0;
    }

    /** The path or the abstract name; empty for a Unix socket without an address of its own. */
    public byte[] unixName() {
        int from = Native.UNIX_PATH_OFFSET + (isAbstract() ? 1 : 0);
        int to = from;
        while (to < length && (isAbstract() || memory.get(to) != 0)) {
            to++;
        }
        return copy(from, to - from);
    }

    /** 4 or 16 bytes. */
    public byte[] inetAddress() {
        return family() == Native.AF_INET
                ? copy(Native.INET_ADDRESS_OFFSET, IPV4_LENGTH)
                : copy(Native.INET6_ADDRESS_OFFSET, IPV6_LENGTH);
    }

    /** The number of an interface, or 0. */
    public int scope() {
        return family() == Native.AF_INET6 ? memory.getInt(Native.INET6_SCOPE_OFFSET) : 0;
    }

    /** 0 to 65535. */
    public int port() {
        return Byte.toUnsignedInt(memory.get(Native.INET_PORT_OFFSET)) << Byte.SIZE
                | Byte.toUnsignedInt(memory.get(Native.INET_PORT_OFFSET + 1));
    }

    private byte[] copy(int index, int count) {
        byte[] bytes = new byte[count];
        memory.get(index, bytes);
        return bytes;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NativeAddress that && Arrays.equals(copy(0, length), that.copy(0, that.length));
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(copy(0, length));
    }
}
