package io.evloop.bench.compare;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine;

/** The versions of the competitors, as the build has noted them, and our own for {@code --version}. */
final class Versions implements CommandLine.IVersionProvider {

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

    @Override
    public String[] getVersion() {
        return new String[] {"evloop " + of("evloop")};
    }

    /** Of a competitor's library or another one; empty if the name is of none. */
    String of(String name) {
        return properties.getProperty(name, "");
    }
}
