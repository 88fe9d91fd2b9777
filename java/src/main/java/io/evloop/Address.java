package io.evloop;

import io.evloop.sys.CString;
import io.evloop.sys.Native;
import io.evloop.sys.NativeAddress;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Where to listen or to connect: a Unix socket by path or abstract name, or a TCP port. Names of hosts are not resolved
 * here, because that blocks. Immutable; any thread.
 */
public final class Address {

    private static final int PORT_MAX = 65535;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};
    private static final byte[] LOOPBACK6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

    private final NativeAddress encoded;

    private Address(NativeAddress encoded) {
        this.encoded = encoded;
    }

    /**
     * A Unix socket in the file system, {@code unix(7)}. The path is used as it is: a relative one is relative to the
     * directory that the process was started in.
     *
     * @param path 1 to 107 bytes in UTF-8
     * @throws IllegalArgumentException if it is empty or longer, or not of the default file system
     */
    public static Address unix(Path path) {
        return new Address(NativeAddress.ofPath(encode("path", KernelPath.of(path))));
    }

    /**
     * A Unix socket of the abstract namespace: no file, no permissions; whoever is in the same network namespace may
     * connect, so filter by {@link ListenOptions.Builder#allowUids}, or take the name for public.
     *
     * @param name 1 to 107 bytes in UTF-8
     * @throws IllegalArgumentException if it is empty or longer, or there is a NUL in it, or half of a surrogate pair
     */
    public static Address abstractUnix(String name) {
        return new Address(NativeAddress.ofAbstractName(encode("abstract name", name)));
    }

    private static byte[] encode(String what, String name) {
        byte[] bytes = CString.encode(name, "the " + what);
        if (bytes.length == 0 || bytes.length > NativeAddress.UNIX_NAME_MAX) {
            throw new IllegalArgumentException("the " + what + " of a Unix socket has 1 to "
                    + NativeAddress.UNIX_NAME_MAX + " bytes, not " + bytes.length + ": " + name);
        }
        return bytes;
    }

    /** {@code 127.0.0.1}: what goes over TCP is neither authenticated nor encrypted. Port 0: the kernel chooses. */
    public static Address tcp(int port) {
        return inet(LOOPBACK, 0, port);
    }

    /** {@code ::1}, otherwise as {@link #tcp(int)}. */
    public static Address tcp6(int port) {
        return inet(LOOPBACK6, 0, port);
    }

    /**
     * A TCP port of any address, such as {@code 0.0.0.0}: then whoever reaches it may connect, and what goes over it is
     * neither authenticated nor encrypted. {@code ::} takes IPv4, too, unless
     * {@code bindv6only} of {@code ipv6(7)} is set.
     *
     * @param port 0 to 65535; 0: the kernel chooses one to listen at
     */
    public static Address tcp(InetAddress address, int port) {
        int scope = address instanceof Inet6Address inet6 ? inet6.getScopeId() : 0;
        return inet(address.getAddress(), scope, port);
    }

    private static Address inet(byte[] address, int scope, int port) {
        if (port < 0 || port > PORT_MAX) {
            throw new IllegalArgumentException("port " + port + " is outside 0.." + PORT_MAX);
        }
        return new Address(NativeAddress.ofInet(address, scope, port));
    }

    /**
     * @param address an {@link InetSocketAddress} that is resolved, or a {@link UnixDomainSocketAddress}
     * @throws IllegalArgumentException if it is neither
     */
    public static Address of(SocketAddress address) {
        if (address instanceof UnixDomainSocketAddress unix) {
            return unix(unix.getPath());
        }
        if (address instanceof InetSocketAddress inet && !inet.isUnresolved()) {
            return tcp(inet.getAddress(), inet.getPort());
        }
        throw new IllegalArgumentException("neither a resolved internet address nor a Unix one: " + address);
    }

    static Address localOf(int socket) throws IOException {
        return new Address(NativeAddress.localOf(socket));
    }

    static Address peerOf(int socket) throws IOException {
        return new Address(NativeAddress.peerOf(socket));
    }

    NativeAddress encoded() {
        return encoded;
    }

    int family() {
        return encoded.family();
    }

    /** Whether it is a Unix socket's; otherwise it is a TCP port. */
    public boolean isUnix() {
        return family() == Native.AF_UNIX;
    }

    /**
     * The path of a Unix socket; {@code null} for other addresses, and for a peer that has none of its own.
     *
     * @throws java.nio.file.InvalidPathException if this JVM's {@code sun.jnu.encoding} has no characters for it
     */
    public Path path() {
        String name = pathName();
        return name == null ? null : Path.of(name);
    }

    /** The same, also where Java cannot make a path of it. */
    String pathName() {
        return isUnix() && !encoded.isAbstract() && encoded.unixName().length > 0 ? unixName() : null;
    }

    /** The abstract name of a Unix socket; {@code null} for other addresses. */
    public String abstractName() {
        return isUnix() && encoded.isAbstract() ? unixName() : null;
    }

    private String unixName() {
        return new String(encoded.unixName(), StandardCharsets.UTF_8);
    }

    /** The host of a TCP port; {@code null} for Unix sockets. */
    public InetAddress inetAddress() {
        if (isUnix()) {
            return null;
        }
        byte[] bytes = encoded.inetAddress();
        try {
            return encoded.scope() == 0
                    ? InetAddress.getByAddress(bytes)
                    : Inet6Address.getByAddress(null, bytes, encoded.scope());
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // of 4 or 16 bytes they are
        }
    }

    /** The TCP port, 0 to 65535; -1 for Unix sockets. */
    public int port() {
        return isUnix() ? -1 : encoded.port();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Address that && encoded.equals(that.encoded);
    }

    @Override
    public int hashCode() {
        return encoded.hashCode();
    }

    @Override
    public String toString() {
        if (!isUnix()) {
            InetAddress host = Objects.requireNonNull(inetAddress());
            String text = host.getHostAddress();
            return "tcp:" + (host instanceof Inet6Address ? "[" + text + "]" : text) + ":" + port();
        }
        if (encoded.isAbstract()) {
            return "abstract:" + unixName();
        }
        return pathName() == null ? "unix:(unnamed)" : "unix:" + pathName();
    }
}
