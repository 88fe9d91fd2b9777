package io.evloop;

import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.sys.SocketFile;
import java.io.IOException;

/**
 * A socket that listens, and the file that it has made, if it has.
 *
 * @param file null if there is none, or it is not ours
 * @param inheritedIndex of {@link InheritedListeners}, or {@link #OWN}
 */
record ListenSocket(int fd, Address local, SocketFile file, int inheritedIndex) {

    private static final int OWN = -1;

    private static final int OWNER_ONLY = 0600;

    /** Makes one; it belongs to who called, file and all. */
    static ListenSocket open(Address address, ListenOptions options) throws IOException {
        int fd = Fd.check(Native.socket(address.family()), "socket");
        String name = address.pathName();
        SocketFile file = null;
        boolean success = false;
        try {
            SocketFile made = name == null ? null : new SocketFile(name);
            prepare(fd, address, options);
            int bound = address.encoded().bind(fd);
            if (bound < 0) {
                throw bindFailure(address, bound);
            }
            file = made;
            if (file != null) {
                file.identify();
            }
            Fd.check(Native.listen(fd, options.backlog()), "listen");
            ListenSocket socket = new ListenSocket(fd, Address.localOf(fd), file, OWN);
            success = true;
            return socket;
        } finally {
            if (!success) {
                close(fd, file);
            }
        }
    }

    /** Takes an inherited one, whose file, if any, is its maker's. */
    static ListenSocket inherited(int index) throws IOException {
        int fd = InheritedListeners.take(index);
        boolean success = false;
        try {
            ListenSocket socket = new ListenSocket(fd, Address.localOf(fd), null, index);
            success = true;
            return socket;
        } finally {
            if (!success) {
                InheritedListeners.giveBack(index);
            }
        }
    }

    private static void prepare(int fd, Address address, ListenOptions options) throws IOException {
        if (address.isUnix()) {
            // on a socket without a file it is the mode that bind(2) makes the file with, less the umask
            Fd.check(Native.setMode(fd, OWNER_ONLY), "fchmod");
            return;
        }
        Fd.check(Native.setReuseAddress(fd), "setsockopt");
        if (options.reusePort()) {
            Fd.check(Native.setReusePort(fd), "setsockopt");
        }
    }

    private static IOException bindFailure(Address address, int result) throws IOException {
        String what = "bind " + address;
        if (result == -Errno.EADDRINUSE && address.pathName() != null) {
            what += isStale(address)
                    ? " (the name of a socket that nobody listens on: left behind, and to be removed)"
                    : " (the name of a socket or file that is in use)";
        }
        return Errno.exception("bind", what, result);
    }

    /**
     * Whether what has the name is a socket without a listener. It is asked by a socket of another type: a listener refuses that
     * with EPROTOTYPE, and accepts nothing.
     */
    private static boolean isStale(Address address) throws IOException {
        if (!SocketFile.isSocket(address.pathName())) {
            return false; // a file or a directory is connected to as if nobody listened
        }
        int fd = Native.datagramSocket(Native.AF_UNIX);
        if (fd < 0) {
            return false;
        }
        try {
            return address.encoded().connect(fd) == -Errno.ECONNREFUSED;
        } finally {
            Fd.close(fd);
        }
    }

    /** Nothing came of it: closes it, or leaves one that was inherited to be taken again. */
    void giveUp() throws IOException {
        if (inheritedIndex == OWN) {
            close(fd, file);
        } else {
            InheritedListeners.giveBack(inheritedIndex);
        }
    }

    /** Removes the file, if there is one and it is its own, while the open socket keeps its inode from being used again. */
    void removeFile() throws IOException {
        if (file != null) {
            file.removeIfOwn();
        }
    }

    private static void close(int fd, SocketFile file) throws IOException {
        try {
            if (file != null) {
                file.removeIfOwn();
            }
        } finally {
            Fd.close(fd);
        }
    }
}
