package io.evloop.testing;

import java.lang.management.ManagementFactory;
import java.util.List;

/** What is executed in a JVM that a test starts counts as well, where it is counted. */
final class Coverage {

    private Coverage() {}

    /** The options of this JVM that another one needs for it: none in an ordinary run. */
    static List<String> options() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("-javaagent:") && option.contains("jacoco"))
                .toList();
    }
}
