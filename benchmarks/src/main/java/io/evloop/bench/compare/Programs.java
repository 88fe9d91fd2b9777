package io.evloop.bench.compare;

import io.evloop.bench.compare.peer.PeerMain;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Where the programs are, and how their command lines look. */
public final class Programs {

    private static final String LAUNCHER = "bench_pair";

    /** Below it the build has a directory for each platform, with the programs in its {@code bin}. */
    private static final Path BUILDS = Path.of("native", "target", "cmake");

    private final Path directory;
    private final String java =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private final String classPath = System.getProperty("java.class.path");

    /**
     * @param directory of the C programs; null: where the build puts them
     */
    Programs(Path directory) throws IOException {
        this.directory = directory == null ? findBuilt() : directory;
        if (!Files.isExecutable(this.directory.resolve(LAUNCHER))) {
            throw new IllegalArgumentException(
                    "no " + LAUNCHER + " in " + this.directory + ": build the project, or say --native");
        }
    }

    /** A C program that the build has made. */
    public static Path built(String name) throws IOException {
        return findBuilt().resolve(name);
    }

    /** The build's directory, seen from the jar (benchmarks/target/benchmarks.jar) or from the working directory. */
    private static Path findBuilt() throws IOException {
        try {
            Path jar = Path.of(Programs.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            for (Path at = jar.toAbsolutePath(); at != null; at = at.getParent()) {
                Path built = builtBelow(at.resolve(BUILDS));
                if (built != null) {
                    return built;
                }
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the jar's own place is no path", e);
        }
        Path built = builtBelow(BUILDS);
        return built == null ? BUILDS : built;
    }

    private static Path builtBelow(Path builds) throws IOException {
        if (!Files.isDirectory(builds)) {
            return null;
        }
        try (Stream<Path> platforms = Files.list(builds)) {
            return platforms
                    .map(platform -> platform.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve(LAUNCHER)))
                    .findFirst()
                    .orElse(null);
        }
    }

    Path launcher() {
        return directory.resolve(LAUNCHER);
    }

    /** The command of one side. */
    List<String> side(Competitor competitor, String role, List<String> words) {
        List<String> command = new ArrayList<>();
        if (competitor.language() == Competitor.Language.C) {
            command.add(directory.resolve(competitor.program()).toString());
        } else {
            command.add(java);
            command.addAll(jvmFlags(competitor));
            command.addAll(List.of("-cp", classPath, PeerMain.class.getName(), competitor.program()));
        }
        command.add("role=" + role);
        command.addAll(words);
        return command;
    }

    /** The same for every competitor in Java, then its own. */
    static List<String> jvmFlags(Competitor competitor) {
        List<String> flags =
                new ArrayList<>(List.of("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xbatch"));
        if (Runtime.version().feature() >= 22) {
            flags.add("--enable-native-access=ALL-UNNAMED");
        }
        flags.addAll(competitor.jvmFlags());
        return flags;
    }
}
