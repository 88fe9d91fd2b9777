package io.evloop.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.testing.JavaProcess;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM that is told to go while it copies the library out of the jar. */
class ExitWhileLoadingTest {

    private static final int EXIT_CODE = 7;

    @TempDir
    private Path directory;

    @Test
    void leavesNoFileOfTheLibraryBehind() throws IOException, InterruptedException {
        JavaProcess.Result jvm = JavaProcess.of(Loading.class).run(directory.toString());
        assertEquals(EXIT_CODE, jvm.exitCode(), jvm::output);
        try (Stream<Path> left = Files.walk(directory)) {
            assertEquals(List.of(directory), left.toList());
        }
    }

    /** Loads evloop from a place where reading the library never ends, and the first read ends the JVM. */
    static final class Loading {

        private Loading() {}

        public static void main(String[] arguments) throws ReflectiveOperationException, IOException {
            System.setProperty("evloop.native.tmpdir", arguments[0]);
            try (EndlessLibrary loader = new EndlessLibrary(classPath())) {
                Class.forName("io.evloop.sys.Native", true, loader);
            }
        }

        private static URL[] classPath() throws MalformedURLException {
            List<URL> urls = new ArrayList<>();
            for (String entry : Pattern.compile(File.pathSeparator).split(System.getProperty("java.class.path"), -1)) {
                urls.add(Path.of(entry).toUri().toURL());
            }
            return urls.toArray(new URL[0]);
        }
    }

    private static final class EndlessLibrary extends URLClassLoader {

        EndlessLibrary(URL[] classPath) {
            super(classPath, ClassLoader.getPlatformClassLoader());
        }

        @Override
        public URL getResource(String name) {
            if (!name.endsWith(".so")) {
                return super.getResource(name);
            }
            try {
                return new URL(null, "endless:" + name, new Endless());
            } catch (MalformedURLException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static final class Endless extends URLStreamHandler {

        @Override
        protected URLConnection openConnection(URL url) {
            return new URLConnection(url) {
                @Override
                public void connect() {}

                @Override
                public InputStream getInputStream() {
                    return new EndlessStream();
                }
            };
        }
    }

    private static final class EndlessStream extends InputStream {

        @Override
        public int read() {
            new Thread(() -> System.exit(EXIT_CODE)).start();
            while (true) {
                LockSupport.park();
            }
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            return read();
        }
    }
}
