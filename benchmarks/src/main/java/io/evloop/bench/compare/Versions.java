package io.evloop.bench.compare;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** The versions of the competitors, as the build has noted them. */
final class Versions {

    private static final String RESOURCE = "versions.properties";

    private final Properties properties = new Properties();

    Versions() throws IOException {
        try (InputStream resource = Versions.class.getResourceAsStream(RESOURCE)) {
            if (resource == null) {
                throw new IOException(RESOURCE + " is not in the jar");
            }
            properties.load(resource);
        }
    }

    /** Of a competitor's library or another one; empty if the name is of none. */
    String of(String name) {
        return properties.getProperty(name, "");
    }
}
