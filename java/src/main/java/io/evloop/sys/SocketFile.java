package io.evloop.sys;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The file that {@code bind(2)} has made, and by device and inode no other that has taken its name since. */
public final class SocketFile {

    private final CString path;
    private final long device;
    private final long inode;

    private SocketFile(CString path, long device, long inode) {
        this.path = path;
        this.device = device;
        this.inode = inode;
    }

    /** The file that has the name now. */
    public static SocketFile of(String path) throws IOException {
        CString string = CString.of(path, "the path");
        ByteBuffer id = idOf(string);
        if (id == null) {
            throw Errno.exception("lstat", "lstat " + path, -Errno.ENOENT);
        }
        return new SocketFile(string, id.getLong(0), id.getLong(Long.BYTES));
    }

    private static ByteBuffer idOf(CString path) throws IOException {
        ByteBuffer id = ByteBuffer.allocateDirect(2 * Long.BYTES).order(ByteOrder.nativeOrder());
        try {
            int result = Native.fileId(path.address(), Native.addressOf(id));
            if (result == -Errno.ENOENT) {
                return null;
            }
            Fd.check(result, "lstat");
            return id;
        } finally {
            Reference.reachabilityFence(path);
            Reference.reachabilityFence(id);
        }
    }

    /**
     * Removes the file if it is still the same. While its socket is open no other file can get its inode: so call this
     * before the socket is closed.
     *
     * @return whether it was removed
     */
    public boolean removeIfOwn() throws IOException {
        ByteBuffer id = idOf(path);
        if (id == null || id.getLong(0) != device || id.getLong(Long.BYTES) != inode) {
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
            Reference.reachabilityFence(path);
        }
    }
}
