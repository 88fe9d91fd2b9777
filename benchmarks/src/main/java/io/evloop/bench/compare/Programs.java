package io.evloop.bench.compare;

import io.evloop.bench.compare.peer.PeerMain;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where the programs are, and how their command lines look. */
final class Programs {

    private static final String LAUNCHER = "bench_pair";
    private static final Path BUILT = Path.of("native", "target", "cmake", "bin");

    private final Path directory;
    private final String java =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private final String classPath = System.getProperty("java.class.path");

    /**
     * @param directory of the C programs; null: where the build puts them
     */
    Programs(Path directory) {
        this.directory = directory == null ? findBuilt() : directory;
        if (!Files.isExecutable(this.directory.resolve(LAUNCHER))) {
            throw new IllegalArgumentException(
                    "no " + LAUNCHER + " in " + this.directory + ": build the project, or say --native");
        }
    }

    /** The build's directory, seen from the jar (benchmarks/target/benchmarks.jar) or from the working directory. */
    private static Path findBuilt() {
        try {
            Path jar = Path.of(Programs.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            for (Path at = jar.toAbsolutePath(); at != null; at = at.getParent()) {
                if (Files.isExecutable(at.resolve(BUILT).resolve(LAUNCHER))) {
                    return at.resolve(BUILT);
                }
            }
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the jar's own place is no path", e);
        }
        return BUILT;
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
        List<String> flags = new ArrayList<>(List.of("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
        if (Runtime.version().feature() >= 22) {
            flags.add("--enable-native-access=ALL-UNNAMED");
        }
        flags.addAll(competitor.jvmFlags());
        return flags;
    }
}
