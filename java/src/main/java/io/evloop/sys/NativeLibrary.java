package io.evloop.sys;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Finds and loads {@code libevloop.so}: from {@code -Devloop.native.path} (the file or its directory); from the class
 * path, where the jar carries it; from {@code java.library.path}. Out of a jar it is copied into a new directory of mode
 * 0700 under {@code -Devloop.native.tmpdir} (default {@code java.io.tmpdir}), loaded, and deleted at once: Linux keeps
 * the mapping of a deleted file.
 */
final class NativeLibrary {

    private static final String NAME = "evloop";
    private static final String PATH_PROPERTY = "evloop.native.path";
    private static final String TMPDIR_PROPERTY = "evloop.native.tmpdir";

    private NativeLibrary() {}

    static void load() {
        String file = System.mapLibraryName(NAME);
        String path = System.getProperty(PATH_PROPERTY);
        if (path != null) {
            loadFrom(Path.of(path), file);
            return;
        }
        URL resource = NativeLibrary.class.getResource("/META-INF/native/" + platform() + "/" + file);
        if (resource == null) {
            System.loadLibrary(NAME);
        } else if ("file".equals(resource.getProtocol())) {
            loadFrom(pathOf(resource), file);
        } else {
            extractAndLoad(resource, file);
        }
    }

    /**
     * What stands beside the library, from where that is looked for.
     *
     * @throws IOException if there is no such file there
     */
    static InputStream open(String name) throws IOException {
        String path = System.getProperty(PATH_PROPERTY);
        if (path != null) {
            Path library = Path.of(path);
            return Files.newInputStream(
                    Files.isDirectory(library) ? library.resolve(name) : library.resolveSibling(name));
        }
        InputStream in = NativeLibrary.class.getResourceAsStream("/META-INF/native/" + platform() + "/" + name);
        if (in == null) {
            throw new IOException(name + " is not on the class path: name its directory by -D" + PATH_PROPERTY);
        }
        return in;
    }

    private static void loadFrom(Path path, String file) {
        Path library = Files.isDirectory(path) ? path.resolve(file) : path;
        System.load(library.toAbsolutePath().toString());
    }

    private static Path pathOf(URL resource) {
        try {
            return Path.of(resource.toURI());
        } catch (URISyntaxException e) {
            throw linkError("cannot read " + resource, e);
        }
    }

    private static void extractAndLoad(URL resource, String file) {
        Path parent = Path.of(System.getProperty(TMPDIR_PROPERTY, System.getProperty("java.io.tmpdir")));
        try {
            FileAttribute<?> ownerOnly =
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
            Path directory = Files.createTempDirectory(parent, "evloop-", ownerOnly);
            Path library = directory.resolve(file);
            try {
                try (InputStream in = resource.openStream()) {
                    Files.copy(in, library);
                }
                System.load(library.toString());
            } finally {
                Files.deleteIfExists(library);
                Files.delete(directory);
            }
        } catch (IOException | UnsatisfiedLinkError e) {
            throw linkError(
                    "cannot load " + resource + " through " + parent + ": set -D" + TMPDIR_PROPERTY
                            + " to a private directory that is writable and not mounted noexec, or -D" + PATH_PROPERTY
                            + " to an unpacked " + file,
                    e);
        }
    }

    private static String platform() {
        String system = System.getProperty("os.name");
        String architecture = System.getProperty("os.arch");
        if (!"Linux".equals(system)) {
            throw new UnsatisfiedLinkError("evloop runs on Linux only, not on " + system);
        }
        return switch (architecture) {
            case "amd64", "x86_64" -> "amd64-Linux-gpp";
            case "aarch64" -> "aarch64-Linux-gpp";
            default ->
                throw new UnsatisfiedLinkError("evloop carries no library for " + architecture
                        + ": build one and name it by -D" + PATH_PROPERTY);
        };
    }

    private static UnsatisfiedLinkError linkError(String message, Throwable cause) {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(message);
        error.initCause(cause);
        return error;
    }
}
