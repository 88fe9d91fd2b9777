package io.evloop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.charset.Charset;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Arrays;

/** Paths as the kernel takes them. */
final class KernelPath {

    private static final Charset FILE_NAMES = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    private KernelPath() {}

    /**
     * @throws IllegalArgumentException if it is not of the default file system, or has characters whose bytes are
     *     not those of UTF-8 in this JVM ({@code sun.jnu.encoding}): the kernel would take its name for another file's
     */
    static String of(Path path) {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new IllegalArgumentException("not a path of the default file system: " + path);
        }
        String name = path.toString();
        if (!Path.of(name).equals(path) || !Arrays.equals(name.getBytes(FILE_NAMES), name.getBytes(UTF_8))) {
            throw new IllegalArgumentException("a path whose bytes are not those of UTF-8: " + name);
        }
        return name;
    }
}
