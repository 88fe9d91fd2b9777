package io.evloop.bench;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The checkout that this was built in, and the programs in C that the build has made there. */
public final class Build {

    /** There is one at the top of a checkout only. */
    private static final Path MARK = Path.of("native", "CMakeLists.txt");

    /**
     * Where the build with Maven puts the programs, by the name that nar-maven-plugin gives the platform. Beside it there may be
     * builds for sanitizers, whose programs are slow.
     */
    private static final Path PROGRAMS =
            Path.of("native", "target", "cmake", System.getProperty("os.arch") + "-Linux-gpp", "bin");

    private Build() {}

    /** The top of the checkout: above the jar or the classes that this is in, or else above the working directory. */
    public static Path root() throws IOException {
        for (Path start : List.of(here(), Path.of("").toAbsolutePath())) {
            for (Path at = start; at != null; at = at.getParent()) {
                if (Files.exists(at.resolve(MARK))) {
                    return at;
                }
            }
        }
        throw new FileNotFoundException("no " + MARK + " above " + here() + ": run it where it was built");
    }

    private static Path here() {
        try {
            return Path.of(Build.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toAbsolutePath();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the place of the classes is no path", e);
        }
    }

    /** A program in C, in the directory where the others are, too. */
    public static Path program(String name) throws IOException {
        Path program = root().resolve(PROGRAMS).resolve(name);
        if (!Files.isExecutable(program)) {
            throw new FileNotFoundException("no " + program + ": build the project first");
        }
        return program;
    }
}
