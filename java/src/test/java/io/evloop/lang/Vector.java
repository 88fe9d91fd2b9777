package io.evloop.lang;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** A case of {@code native/test/vectors.txt}, where the format stands. */
record Vector(String name, int limit, List<Run> stream, List<Expected> frames, Ending ending, long first, long second) {

    /** How the stream ends; {@code first} and {@code second} are channel and length, or wanted and got. */
    enum Ending {
        CLEAN,
        INVALID,
        TRUNCATED
    }

    /** {@code unit}, {@code count} times. */
    record Run(byte[] unit, int count) {

        int length() {
            return unit.length * count;
        }

        boolean matches(ByteBuffer bytes) {
            if (bytes.remaining() != length()) {
                return false;
            }
            ByteBuffer expected = ByteBuffer.wrap(unit);
            for (int index = bytes.position(); index < bytes.limit(); index += unit.length) {
                if (!bytes.slice(index, unit.length).equals(expected)) {
                    return false;
                }
            }
            return true;
        }

        void appendTo(ByteBuffer target) {
            for (int repeat = 0; repeat < count; repeat++) {
                target.put(unit);
            }
        }
    }

    /** One frame, that many times. */
    record Expected(int number, int channelId, Run payload) {}

    int length() {
        return stream.stream().mapToInt(Run::length).sum();
    }

    byte[] bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(length());
        stream.forEach(run -> run.appendTo(bytes));
        return bytes.array();
    }

    static List<Vector> all() throws IOException {
        Path file = Path.of(System.getProperty("basedir", "."), "..", "native", "test", "vectors.txt");
        List<Vector> vectors = new ArrayList<>();
        Draft draft = new Draft("");
        for (String line : Files.readAllLines(file)) {
            String[] words = line.strip().split("\\s+");
            switch (words[0]) {
                case "case" -> draft = new Draft(line.strip().substring("case ".length()));
                case "limit" -> draft.limit = Integer.parseInt(words[1]);
                case "bytes" -> draft.stream.add(run(words, 1));
                case "frame" -> draft.frames.add(new Expected(1, Integer.parseInt(words[1]), run(words, 2)));
                case "frames" ->
                    draft.frames.add(
                            new Expected(Integer.parseInt(words[1]), Integer.parseInt(words[2]), run(words, 3)));
                case "clean" -> vectors.add(draft.end(Ending.CLEAN, 0, 0));
                case "invalid", "truncated" ->
                    vectors.add(draft.end(
                            words[0].equals("invalid") ? Ending.INVALID : Ending.TRUNCATED,
                            Long.parseLong(words[1]),
                            Long.parseLong(words[2])));
                default -> {
                    if (!words[0].isEmpty() && !words[0].startsWith("#")) {
                        throw new IOException(line);
                    }
                }
            }
        }
        return vectors;
    }

    private static Run run(String[] words, int start) {
        StringBuilder hex = new StringBuilder();
        int index = start;
        while (index < words.length && !words[index].equals("*")) {
            hex.append(words[index++]);
        }
        int count = index < words.length ? Integer.parseInt(words[index + 1]) : 1;
        return new Run(HexFormat.of().parseHex(hex), count);
    }

    @Override
    public String toString() {
        return name;
    }

    private static final class Draft {

        private final String name;
        private final List<Run> stream = new ArrayList<>();
        private final List<Expected> frames = new ArrayList<>();
        private int limit = 64 << 20;

        Draft(String name) {
            this.name = name;
        }

        Vector end(Ending ending, long first, long second) {
            return new Vector(name, limit, stream, frames, ending, first, second);
        }
    }
}
