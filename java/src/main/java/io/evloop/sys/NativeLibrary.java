package io.evloop.sys;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Set;

/**
 * Finds and loads {@code libevloop.so}: from {@code -Devloop.native.path} (the file or its directory); from the class
 * path, where the jar carries it; from {@code java.library.path}. Out of a jar it is copied into a new directory of mode
 * 0700 under {@code -Devloop.native.tmpdir} (default {@code java.io.tmpdir}), loaded, and deleted at once: Linux keeps
 * the mapping of a deleted file. A file that another class loader has loaded is copied likewise, because the JVM gives
 * each file to one loader only. Every failure names the property to set.
 */
final class NativeLibrary {

    private static final String NAME = "evloop";
    private static final String PATH_PROPERTY = "evloop.native.path";
    private static final String TMPDIR_PROPERTY = "evloop.native.tmpdir";
    private static final String LIBRARY_PATH = "java.library.path";
    private static final String OWNER_ONLY = "rwx------";

    /** Where the bytes of a library come from. */
    @FunctionalInterface
    private interface Source {
        InputStream open() throws IOException;
    }

    private NativeLibrary() {}

    static void load() {
        String file = System.mapLibraryName(NAME);
        String path = System.getProperty(PATH_PROPERTY);
        if (path != null) {
            loadNamed(pathOf(PATH_PROPERTY, path), file);
            return;
        }
        String resource = resource(file);
        URL url = NativeLibrary.class.getResource(resource);
        if (url == null) {
            loadByName(resource);
        } else if ("file".equals(url.getProtocol())) {
            loadFile(pathOf(url));
        } else {
            copyAndLoad(url.toString(), file, () -> NativeLibrary.class.getResourceAsStream(resource));
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
            Path library = pathOf(PATH_PROPERTY, path);
            Path file = Files.isDirectory(library) ? library.resolve(name) : library.resolveSibling(name);
            if (Files.isRegularFile(file)) {
                return Files.newInputStream(file);
            }
        }
        InputStream in = NativeLibrary.class.getResourceAsStream(resource(name));
        return in == null ? openByName(name) : in;
    }

    private static InputStream openByName(String name) throws IOException {
        for (String directory : System.getProperty(LIBRARY_PATH, "").split(File.pathSeparator, -1)) {
            File file = new File(directory, name);
            if (file.isFile()) {
                return new FileInputStream(file);
            }
        }
        throw new IOException(name + " is not on the class path, nor in " + LIBRARY_PATH + ", nor beside what -D"
                + PATH_PROPERTY + " names");
    }

    private static Path pathOf(String property, String path) {
        try {
            return Path.of(path);
        } catch (InvalidPathException e) { // such as for characters that this JVM's encoding of file names lacks
            throw linkError("no path: " + path + ": set -D" + property + " to another", e);
        }
    }

    private static String resource(String name) {
        return "/META-INF/native/" + platform() + "/" + name;
    }

    private static void loadNamed(Path path, String file) {
        Path library = Files.isDirectory(path) ? path.resolve(file) : path;
        if (!Files.isRegularFile(library)) {
            throw new UnsatisfiedLinkError("no file " + library + ": set -D" + PATH_PROPERTY + " to a " + file
                    + " or its directory, or leave it unset");
        }
        loadFile(library);
    }

    private static Path pathOf(URL url) {
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw linkError("cannot read " + url + ": set -D" + PATH_PROPERTY, e);
        }
    }

    private static void loadByName(String resource) {
        try {
            System.loadLibrary(NAME);
        } catch (LinkageError e) {
            throw linkError(
                    "no " + resource + " on the class path, and " + e.getMessage() + ": set -D" + PATH_PROPERTY, e);
        }
    }

    private static void loadFile(Path library) {
        Path absolute = library.toAbsolutePath();
        try {
            System.load(absolute.toString());
        } catch (LinkageError e) { // another class loader may have it, or its file system be mounted noexec
            try {
                copyAndLoad(
                        absolute.toString(),
                        String.valueOf(absolute.getFileName()),
                        () -> Files.newInputStream(absolute));
            } catch (LinkageError second) {
                UnsatisfiedLinkError both = linkError(e.getMessage() + "; nor a copy: " + second.getMessage(), e);
                both.addSuppressed(second);
                throw both;
            }
        }
    }

    private static void copyAndLoad(String name, String file, Source source) {
        Path parent = pathOf(TMPDIR_PROPERTY, System.getProperty(TMPDIR_PROPERTY, System.getProperty("java.io.tmpdir")))
                .toAbsolutePath();
        try {
            FileAttribute<?> ownerOnly =
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY));
            Path directory = Files.createTempDirectory(parent, "evloop-", ownerOnly);
            Path library = directory.resolve(file);
            try {
                checkPrivate(directory);
                deleteAtTheEnd(directory, library);
                try (InputStream in = source.open()) {
                    Files.copy(in, library);
                }
                System.load(library.toString());
            } finally {
                delete(library);
                delete(directory);
            }
        } catch (NoClassDefFoundError e) {
            throw linkError("the library knows evloop's classes by their names, so no tool may rename its packages", e);
        } catch (IOException | LinkageError e) {
            throw linkError(
                    "cannot load " + name + " through " + parent + " (" + e + "): set -D" + TMPDIR_PROPERTY
                            + " to a private directory that is writable and not mounted noexec, or -D" + PATH_PROPERTY
                            + " to an unpacked " + System.mapLibraryName(NAME) + " for this machine",
                    e);
        }
    }

    /** A file system that knows no modes makes a directory for everybody, who could put another library there. */
    static void checkPrivate(Path directory) throws IOException {
        Set<PosixFilePermission> permissions = new HashSet<>(Files.getPosixFilePermissions(directory));
        permissions.removeAll(PosixFilePermissions.fromString(OWNER_ONLY));
        if (!permissions.isEmpty()) {
            throw new IOException(directory + " is not private: " + permissions);
        }
    }

    /** For a JVM that is told to go while it loads, and for {@link #delete}; the last one goes first. */
    private static void deleteAtTheEnd(Path... paths) {
        for (Path path : paths) {
            path.toFile().deleteOnExit();
        }
    }

    /** NFS renames a file that is in use instead of deleting it: that one and its directory wait for the end. */
    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            return; // see deleteAtTheEnd
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
