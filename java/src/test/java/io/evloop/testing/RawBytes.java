package io.evloop.testing;

import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** {@code read(2)} and {@code write(2)} of byte arrays on a blocking descriptor. */
final class RawBytes {

    private RawBytes() {}

    /** Writes all of it, in one call where the kernel takes it. */
    static void write(int fd, byte... bytes) throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(Math.max(1, bytes.length));
        direct.put(0, bytes);
        int written = 0;
        try {
            while (written < bytes.length) {
                written +=
                        Fd.check(Native.write(fd, Native.addressOf(direct) + written, bytes.length - written), "write");
            }
        } finally {
            Reference.reachabilityFence(direct);
        }
    }

    /** Reads up to {@code length} bytes: as many as there are, however short the reads; none at the end of the stream. */
    static byte[] readSome(int fd, int length) throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(length);
        int there = Math.min(length, Fd.check(Native.unreadBytes(fd), "ioctl"));
        int got = 0;
        try {
            int count;
            do { // once, if nothing is there: that waits, or tells of the end
                count = Fd.check(Native.read(fd, Native.addressOf(direct) + got, length - got), "read");
                got += count;
            } while (count > 0 && got < there);
        } finally {
            Reference.reachabilityFence(direct);
        }
        byte[] bytes = new byte[got];
        direct.get(0, bytes);
        return bytes;
    }

    /** Reads exactly {@code length} bytes, fewer only at the end of the stream. */
    static byte[] read(int fd, int length) throws IOException {
        byte[] bytes = new byte[length];
        int got = 0;
        while (got < length) {
            byte[] some = readSome(fd, length - got);
            if (some.length == 0) {
                return Arrays.copyOf(bytes, got);
            }
            System.arraycopy(some, 0, bytes, got, some.length);
            got += some.length;
        }
        return bytes;
    }
}
