package io.evloop.bench;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The checkout that this was built in, and the programs in C that the build has made there. */
public final class Build {

    /** There is one at the top of a checkout only. */
    private static final Path MARK = Path.of("native", "CMakeLists.txt");

    /** Below it the build has a directory for each platform, with the programs in its {@code bin}. */
    private static final Path PLATFORMS = Path.of("native", "target", "cmake");

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
        Path platforms = root().resolve(PLATFORMS);
        if (Files.isDirectory(platforms)) {
            try (Stream<Path> all = Files.list(platforms)) {
                Path program = all.map(platform -> platform.resolve("bin").resolve(name))
                        .filter(Files::isExecutable)
                        .findFirst()
                        .orElse(null);
                if (program != null) {
                    return program;
                }
            }
        }
        throw new FileNotFoundException("no " + name + " below " + platforms + ": build the project first");
    }
}
