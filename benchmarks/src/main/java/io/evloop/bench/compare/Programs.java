package io.evloop.bench.compare;

import io.evloop.bench.Build;
import io.evloop.bench.JavaCommand;
import io.evloop.bench.compare.peer.PeerMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where the programs are, and how their command lines look. */
final class Programs {

    private static final String LAUNCHER = "bench_pair";

    private final Path directory;

    /**
     * @param directory of the C programs; null: where the build puts them
     */
    Programs(Path directory) throws IOException {
        this.directory = directory == null ? Build.program(LAUNCHER).getParent() : directory;
        if (!Files.isExecutable(this.directory.resolve(LAUNCHER))) {
            throw new IllegalArgumentException("no " + LAUNCHER + " in " + this.directory);
        }
    }

    Path launcher() {
        return directory.resolve(LAUNCHER);
    }

    /** The command of one side. */
    List<String> side(Competitor competitor, String role, List<String> words) {
        List<String> command;
        if (competitor.language() == Competitor.Language.C) {
            command = new ArrayList<>();
            command.add(directory.resolve(competitor.program()).toString());
        } else {
            command = JavaCommand.of(jvmFlags(competitor), PeerMain.class.getName());
            command.add(competitor.program());
        }
        command.add("role=" + role);
        command.addAll(words);
        return command;
    }

    /** The same for every competitor in Java, then its own. */
    static List<String> jvmFlags(Competitor competitor) {
        List<String> flags =
                new ArrayList<>(List.of("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xbatch"));
        flags.addAll(competitor.jvmFlags());
        return flags;
    }
}
