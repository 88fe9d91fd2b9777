package io.evloop.bench;

/** What the JVMs that JMH starts are told. */
final class BenchmarkJvm {

    /** JDK 24 and later warn about native methods otherwise; JDK 17 knows the option already. */
    static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

    private BenchmarkJvm() {}
}
