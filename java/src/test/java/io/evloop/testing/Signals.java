package io.evloop.testing;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Dispositions of signals in this JVM, until it is closed. By reflection: {@code sun.misc.Signal} is all that Java has for
 * this, and javac warns of it, not to be silenced.
 */
public final class Signals implements AutoCloseable {

    private record Handled(Object signal, Object before) {}

    private final List<Handled> handled = new ArrayList<>();

    private Signals() {}

    /** Ignores signals, by their names without {@code SIG}. */
    public static Signals ignore(String... names) {
        return set("SIG_IGN", names);
    }

    /** Gives signals their default action, by their names without {@code SIG}. */
    public static Signals byDefault(String... names) {
        return set("SIG_DFL", names);
    }

    private static Signals set(String disposition, String... names) {
        Signals signals = new Signals();
        try {
            Class<?> type = Class.forName("sun.misc.Signal");
            Object handler = Class.forName("sun.misc.SignalHandler")
                    .getField(disposition)
                    .get(null);
            for (String name : names) {
                Object signal = type.getConstructor(String.class).newInstance(name);
                signals.handled.add(new Handled(signal, handle(signal, handler)));
            }
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("sun.misc.Signal", e);
        }
        return signals;
    }

    private static Object handle(Object signal, Object handler) throws ReflectiveOperationException {
        try {
            return signal.getClass()
                    .getMethod("handle", signal.getClass(), Class.forName("sun.misc.SignalHandler"))
                    .invoke(null, signal, handler);
        } catch (InvocationTargetException e) {
            throw new AssertionError(e.getCause());
        }
    }

    /** Whether this process ignores or catches a signal, by its number: a line of {@code /proc/self/status} tells. */
    public static boolean isIn(String set, int number) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(set + ":")) {
                long bits =
                        Long.parseUnsignedLong(line.substring(set.length() + 1).strip(), 16);
                return (bits >>> (number - 1) & 1) != 0;
            }
        }
        throw new AssertionError("no " + set);
    }

    @Override
    public void close() {
        try {
            for (Handled one : handled) {
                handle(one.signal, one.before);
            }
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("sun.misc.Signal", e);
        }
    }
}
