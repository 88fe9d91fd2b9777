package io.evloop.sys;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The file that {@code bind(2)} has made, and by device and inode no other that has taken its name since. */
public final class SocketFile {

    private static final int FILE_TYPE = 0170000; // inode(7)
    private static final int SOCKET_TYPE = 0140000;

    private final String name;
    private final CString path;
    private final ByteBuffer id = ByteBuffer.allocateDirect(2 * Long.BYTES).order(ByteOrder.nativeOrder());
    private boolean identified;
    private long device;
    private long inode;

    /** The file that will have the name. All memory is here by then: removing it needs none. */
    public SocketFile(String name) {
        this.name = name;
        this.path = CString.of(name, "the path");
    }

    /** Whether a socket has the name, itself and not by a link; false if that cannot be told. */
    public static boolean isSocket(String name) {
        try {
            int mode = (int) Files.getAttribute(Path.of(name), "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return (mode & FILE_TYPE) == SOCKET_TYPE;
        } catch (IOException | InvalidPathException e) {
            return false;
        }
    }

    /**
     * Remembers which file has the name now: it was just made.
     *
     * @throws io.evloop.error.NativeIoException ENOENT: somebody else has removed it; others: it is there, unidentified
     */
    public void identify() throws IOException {
        boolean there = look();
        identified = true; // as none, where somebody has removed it: no file has the inode 0
        if (!there) {
            throw Errno.exception("lstat", "lstat " + name, -Errno.ENOENT);
        }
        device = id.getLong(0);
        inode = id.getLong(Long.BYTES);
    }

    /** Whether a file has the name; which one, is in {@link #id}. */
    private boolean look() throws IOException {
        try {
            int result = Native.fileId(path.address(), Native.addressOf(id));
            if (result == -Errno.ENOENT) {
                return false;
            }
            Fd.check(result, "lstat");
            return true;
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Removes the file if it is still the same, or could not be identified when it was made. While its socket is open no other
     * file can get its inode: so call this before the socket is closed.
     *
     * @return whether it was removed
     */
    public boolean removeIfOwn() throws IOException {
        if (identified && (!look() || id.getLong(0) != device || id.getLong(Long.BYTES) != inode)) {
            return false;
        }
        try {
            int result = Native.unlink(path.address());
            if (result == -Errno.ENOENT) {
                return false;
            }
            Fd.check(result, "unlink");
            return true;
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
