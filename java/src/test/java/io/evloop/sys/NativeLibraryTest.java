package io.evloop.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evloop.EventLoop;
import io.evloop.Worker;
import io.evloop.testing.JavaProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the library is loaded from, each time in a JVM of its own, and what is said when it cannot be. */
class NativeLibraryTest {

    private static final Path CLASSES = Path.of(JavaProcess.pathOf(Native.class));
    private static final String TEST_CLASSES = JavaProcess.pathOf(NativeLibraryTest.class);
    private static final String NAMES_PATH = "-Devloop.native.path";
    private static final String NAMES_TMPDIR = "-Devloop.native.tmpdir";

    @TempDir
    private Path directory;

    private Path jar;
    private Path temporary;

    @BeforeEach
    void packTheJar() throws IOException {
        jar = directory.resolve("evloop.jar");
        temporary = Files.createDirectory(directory.resolve("tmp"));
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out);
                Stream<Path> files = Files.walk(CLASSES)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                entries.putNextEntry(new JarEntry(CLASSES.relativize(file).toString()));
                Files.copy(file, entries);
            }
        }
    }

    /** Loads the library and tells of it. */
    static final class Load {

        private Load() {}

        public static void main(String[] arguments) throws IOException {
            try {
                Native.epollEventSize();
                System.out.println("loaded");
            } catch (UnsatisfiedLinkError e) {
                System.out.println("refused: " + e.getMessage());
            }
            Files.readAllLines(Path.of("/proc/self/maps")).stream()
                    .filter(line -> line.contains("libevloop.so"))
                    .map(line -> "mapped " + line.substring(line.indexOf('/')))
                    .distinct()
                    .forEach(System.out::println);
        }
    }

    private JavaProcess fromJar(String... options) {
        return JavaProcess.of(Load.class)
                .options("-Djava.io.tmpdir=" + temporary)
                .options(options)
                .classPath(jar.toString(), TEST_CLASSES);
    }

    private static String assertLoaded(JavaProcess.Result result) {
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().lines().anyMatch("loaded"::equals), result.output()); // the JVM may warn, too
        return result.output();
    }

    private static void assertRefused(JavaProcess.Result result, String... parts) {
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().lines().anyMatch(line -> line.startsWith("refused: ")), result.output());
        for (String part : parts) {
            assertTrue(result.output().contains(part), () -> "no " + part + " in: " + result.output());
        }
    }

    private static List<Path> entries(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(entry -> !entry.getFileName().toString().startsWith("hsperfdata"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path unpackedLibrary() throws IOException {
        try (Stream<Path> files = Files.walk(CLASSES)) {
            return files.filter(file -> file.endsWith("libevloop.so"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void isCopiedOutOfAJarAndTheCopyIsGoneOnceItIsLoaded() throws Exception {
        String output = assertLoaded(fromJar().run());
        assertTrue(output.contains("mapped " + temporary + "/evloop-"), output);
        assertTrue(output.contains("/libevloop.so (deleted)"), output);
        assertEquals(List.of(), entries(temporary));
    }

    @Test
    void isLoadedWithoutACopyFromADirectoryOfTheClassPath() throws Exception {
        String output = assertLoaded(JavaProcess.of(Load.class).run());
        assertTrue(output.contains("mapped " + unpackedLibrary()), output);
        assertEquals(List.of(), entries(temporary));
    }

    @Test
    void aNamedFileThatIsNoLibraryIsRefusedByItsOwnNameFirst() throws Exception {
        Path file = Files.writeString(directory.resolve("libother.so"), "no library");
        JavaProcess.Result result = fromJar(NAMES_PATH + "=" + file).run();
        assertRefused(result, "refused: " + file + ": ", "; nor a copy: cannot load " + file);
        assertEquals(List.of(), entries(temporary));
    }

    /** Starts a worker by way of the helper. */
    static final class StartWithLimits {

        private StartWithLimits() {}

        public static void main(String[] arguments) throws IOException {
            try (EventLoop loop = EventLoop.open()) {
                Worker.command("true")
                        .nice(19)
                        .onExit((worker, exit) -> {
                            System.out.println("exit " + exit.code());
                            loop.stop();
                        })
                        .start(loop);
                loop.run();
            }
        }
    }

    @Test
    void theHelperOfAWorkerWithLimitsComesOutOfTheJarIfItIsNotBesideTheNamedFile() throws Exception {
        Path alone = Files.createDirectory(directory.resolve("alone"));
        Path library = Files.copy(unpackedLibrary(), alone.resolve("libevloop.so"));
        JavaProcess.Result result = JavaProcess.of(StartWithLimits.class)
                .options(NAMES_PATH + "=" + library)
                .classPath(jar.toString(), TEST_CLASSES)
                .run();
        assertTrue(result.output().lines().anyMatch("exit 0"::equals), result.output());
    }

    @Test
    void isCopiedIntoTheDirectoryThatIsNamedEvenARelativeOne() throws Exception {
        Path chosen = Files.createDirectory(directory.resolve("chosen"));
        Path relative = Path.of("").toAbsolutePath().relativize(chosen);
        for (Path name : List.of(chosen, relative)) {
            String output = assertLoaded(fromJar(NAMES_TMPDIR + "=" + name).run());
            assertTrue(output.contains("mapped " + name.toAbsolutePath().normalize() + "/evloop-"), output);
            assertEquals(List.of(), entries(chosen));
        }
    }

    @Test
    void isLoadedFromTheFileOrDirectoryThatIsNamedBeforeTheJar() throws Exception {
        Path library = Files.copy(unpackedLibrary(), directory.resolve("libevloop.so"));
        for (Path name : List.of(library, directory)) {
            String output = assertLoaded(fromJar(NAMES_PATH + "=" + name).run());
            assertTrue(output.contains("mapped " + library), output);
            assertFalse(output.contains("deleted"), output);
        }
    }

    @Test
    void isSoughtOnTheLibraryPathLast() throws Exception {
        Path library = Files.copy(unpackedLibrary(), directory.resolve("libevloop.so"));
        Path bare = Files.createDirectory(directory.resolve("bare"));
        try (Stream<Path> files = Files.walk(CLASSES)) {
            for (Path file :
                    (Iterable<Path>) files.filter(path -> path.toString().endsWith(".class"))::iterator) {
                Path copy = bare.resolve(CLASSES.relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        Files.copy(unpackedLibrary().resolveSibling("evloop-exec"), directory.resolve("evloop-exec"));
        JavaProcess process = JavaProcess.of(Load.class).classPath(bare.toString(), TEST_CLASSES);
        assertRefused(process.run(), NAMES_PATH, "java.library.path");
        String output =
                assertLoaded(process.options("-Djava.library.path=" + directory).run());
        assertTrue(output.contains("mapped " + library), output);
        JavaProcess.Result start = JavaProcess.of(StartWithLimits.class)
                .options("-Djava.library.path=" + temporary + ":" + directory)
                .classPath(bare.toString(), TEST_CLASSES)
                .run();
        assertTrue(start.output().lines().anyMatch("exit 0"::equals), start.output());
    }

    // row 51
    @Test
    void saysWhatToSetIfTheNamedFileIsMissingOrNoLibrary() throws Exception {
        assertRefused(fromJar(NAMES_PATH + "=/nowhere/libevloop.so").run(), "/nowhere/libevloop.so", NAMES_PATH);
        Path text = Files.writeString(directory.resolve("libtext.so"), "no library");
        assertRefused(fromJar(NAMES_PATH + "=" + text).run(), text.toString(), NAMES_PATH);
        assertEquals(List.of(), entries(temporary));
    }

    // row 51
    @Test
    void saysWhatToSetIfTheTemporaryDirectoryIsMissingOrAFile() throws Exception {
        assertRefused(fromJar(NAMES_TMPDIR + "=/nowhere").run(), "/nowhere", NAMES_TMPDIR, NAMES_PATH);
        assertRefused(fromJar(NAMES_TMPDIR + "=" + jar).run(), jar.toString(), NAMES_TMPDIR, NAMES_PATH);
        assertRefused(
                JavaProcess.of(Load.class)
                        .options("-Djava.io.tmpdir=/nowhere")
                        .classPath(jar.toString(), TEST_CLASSES)
                        .run(),
                "/nowhere",
                NAMES_TMPDIR);
    }

    // row 51
    @Test
    void saysWhatToSetIfTheTemporaryDirectoryIsReadOnly() throws Exception {
        assertRefused(mounted("ro").run(), temporary.toString(), "Read-only", NAMES_TMPDIR, NAMES_PATH);
    }

    // row 51
    @Test
    void saysWhatToSetIfTheTemporaryDirectoryIsMountedNoexec() throws Exception {
        assertRefused(mounted("noexec").run(), temporary.toString(), "failed to map", NAMES_TMPDIR, NAMES_PATH);
    }

    // row 51
    @Test
    void followsTheAdviceOfTheMessageOutOfANoexecDirectory() throws Exception {
        Path chosen = Files.createDirectory(directory.resolve("chosen"));
        assertLoaded(mounted("noexec").options(NAMES_TMPDIR + "=" + chosen).run());
        Path library = Files.copy(unpackedLibrary(), directory.resolve("libevloop.so"));
        assertLoaded(mounted("noexec").options(NAMES_PATH + "=" + library).run());
    }

    /** In a mount namespace of its own, where the temporary directory is mounted with an option. */
    private JavaProcess mounted(String option) throws Exception {
        String[] mount = {"unshare", "-m", "sh", "-c", "mount -t tmpfs -o " + option + " none \"$0\" && exec \"$@\""};
        JavaProcess.Result probe =
                JavaProcess.run(Stream.concat(Stream.of(mount), Stream.of(temporary.toString(), "true"))
                        .toList());
        assumeTrue(probe.exitCode() == 0, () -> "may not mount: " + probe.output());
        return fromJar("-XX:-UsePerfData").prefix(mount).prefix(temporary.toString());
    }

    @Test
    void isCopiedIntoADirectoryOfItsUserAloneUnderANameThatNobodyKnows() throws Exception {
        Set<String> names = new HashSet<>();
        for (int count = 0; count < 3; count++) {
            String output = assertLoaded(
                    fromJar().prefix("sh", "-c", "umask 0; exec \"$@\"", "sh").run());
            String mapped = output.lines()
                    .filter(line -> line.startsWith("mapped "))
                    .findFirst()
                    .orElseThrow();
            names.add(mapped.replaceFirst(" \\(deleted\\)", ""));
            assertTrue(mapped.matches(".*/evloop-\\d{10,}/libevloop\\.so.*"), mapped);
        }
        assertEquals(3, names.size(), names::toString);
    }

    @Test
    void refusesADirectoryThatCannotBeMadePrivate() throws Exception {
        Path open = Files.createDirectory(directory.resolve("open"));
        for (String mode : List.of("rwx------", "r-x------")) {
            NativeLibrary.checkPrivate(Files.setPosixFilePermissions(open, PosixFilePermissions.fromString(mode)));
        }
        for (String mode : List.of("rwxrwxrwx", "rwx--x---", "rwx-----x", "rwxr-xr-x")) {
            Files.setPosixFilePermissions(open, PosixFilePermissions.fromString(mode));
            IOException refused = assertThrows(IOException.class, () -> NativeLibrary.checkPrivate(open));
            assertTrue(refused.getMessage().contains("not private"), refused::getMessage);
        }
    }

    // row 51
    @Test
    void saysWhatToSetOnAnUnsupportedArchitecture() throws Exception {
        assertRefused(fromJar("-Dos.arch=sparcv9").run(), "sparcv9", NAMES_PATH);
        assertLoaded(fromJar("-Dos.arch=sparcv9", NAMES_PATH + "=" + unpackedLibrary())
                .run());
    }

    // row 51
    @Test
    void saysThatItRunsOnLinuxOnly() throws Exception {
        assertRefused(fromJar("-Dos.name=Mac OS X").run(), "Linux only", "Mac OS X");
    }

    // row 51
    @Test
    void servesTwoClassLoadersFromOneJar() throws Exception {
        assertServesTwoLoaders(jar, 2);
    }

    // row 51
    @Test
    void servesTwoClassLoadersFromOneDirectory() throws Exception {
        assertServesTwoLoaders(CLASSES, 1);
    }

    // row 51
    @Test
    void servesTwoClassLoadersFromOneNamedFile() throws Exception {
        assertServesTwoLoaders(jar, 1, NAMES_PATH + "=" + unpackedLibrary());
    }

    // row 51
    @Test
    void saysWhatToSetIfASecondClassLoaderCannotHaveACopy() throws Exception {
        JavaProcess.Result result = JavaProcess.of(LoadTwice.class)
                .options(NAMES_PATH + "=" + unpackedLibrary(), NAMES_TMPDIR + "=/nowhere")
                .run(jar.toUri().toString());
        assertEquals(1, result.exitCode(), result.output());
        assertTrue(result.output().contains("already loaded in another classloader"), result.output());
        assertTrue(result.output().contains(NAMES_TMPDIR), result.output());
    }

    private void assertServesTwoLoaders(Path classPath, int copies, String... options) throws Exception {
        JavaProcess.Result result = JavaProcess.of(LoadTwice.class)
                .options("-Djava.io.tmpdir=" + temporary)
                .options(options)
                .classPath(TEST_CLASSES)
                .run(classPath.toUri().toString());
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().lines().anyMatch((copies + " copies of 2")::equals), result.output());
        assertEquals(List.of(), entries(temporary));
    }

    /** Loads the library in two class loaders, which know nothing of each other, and uses both. */
    static final class LoadTwice {

        private LoadTwice() {}

        public static void main(String[] classPath) throws Exception {
            URL[] urls = {new URL(classPath[0])};
            try (URLClassLoader first = new URLClassLoader(urls, null);
                    URLClassLoader second = new URLClassLoader(urls, null)) {
                for (ClassLoader loader : List.of(first, second, first)) {
                    Object size = loader.loadClass("io.evloop.sys.Native")
                            .getMethod("epollEventSize")
                            .invoke(null);
                    if ((int) size < Integer.BYTES + Long.BYTES) {
                        throw new AssertionError("size " + size);
                    }
                }
            }
            List<String> files = Files.readAllLines(Path.of("/proc/self/maps")).stream()
                    .filter(line -> line.contains("libevloop.so"))
                    .map(line -> line.substring(line.indexOf('/')))
                    .distinct()
                    .toList();
            System.out.println(
                    files.stream().filter(file -> file.contains("/evloop-")).count() + " copies of " + files.size());
        }
    }

    // row 51
    @Test
    void saysWhatToSetIfAPropertyIsNoPath() throws Exception {
        for (String property : List.of("evloop.native.path", "evloop.native.tmpdir")) {
            JavaProcess process = JavaProcess.of(LoadWith.class).classPath(jar.toString(), TEST_CLASSES);
            assertRefused(process.run(property), "-D" + property);
        }
    }

    /** Sets a property to what is no path, which no command line can. */
    static final class LoadWith {

        private LoadWith() {}

        public static void main(String[] arguments) throws IOException {
            System.setProperty(arguments[0], "no\0path");
            Load.main(arguments);
        }
    }
}
