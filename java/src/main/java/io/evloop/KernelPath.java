package io.evloop;

import java.nio.file.FileSystems;
import java.nio.file.Path;

/** Paths as the kernel takes them. */
final class KernelPath {

    private KernelPath() {}

    /**
     * @throws IllegalArgumentException if it is not of the default file system, or has bytes that this JVM cannot decode
     *     ({@code sun.jnu.encoding}): the kernel would take its name for another file's
     */
    static String of(Path path) {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new IllegalArgumentException("not a path of the default file system: " + path);
        }
        String name = path.toString();
        if (!Path.of(name).equals(path)) {
            throw new IllegalArgumentException("a path whose bytes are no text in this JVM's encoding: " + name);
        }
        return name;
    }
}
