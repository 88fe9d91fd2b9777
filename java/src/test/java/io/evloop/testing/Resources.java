package io.evloop.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a process holds at one moment and must hold no more of after a test: descriptors, threads, children, mappings. */
public record Resources(
        Map<String, String> descriptors, Set<String> threads, Set<String> children, Set<String> mappedFiles) {

    /** What the JVM opens or starts for itself, whenever it likes. */
    private static final Pattern OF_THE_JVM = Pattern.compile(
            ".*\\.(jar|nar|so[.\\d]*|class|jsa|dumpstream)|.*/lib/modules|/dev/u?random|.*/hsperfdata_.*|.*\\(deleted\\).*jar");

    private static final Pattern THREADS_OF_THE_JVM = Pattern.compile(
            "(C[12] CompilerThread|Common-Cleaner|Cleaner-|ForkJoinPool\\.commonPool|process reaper|surefire|ping-|"
                    + "Attach Listener|junit-|Notification Thread|JFR |RMI |Reference Handler).*");

    static {
        mappings();
        try {
            SocketChannel.open().close(); // the JDK's channels open a socket of their own on first use
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes stock. */
    public static Resources now() {
        return new Resources(openDescriptors(), liveThreads(), liveChildren(), mappings());
    }

    /** The open descriptors that are not the JVM's own: number to target. */
    public static Map<String, String> openDescriptors() {
        Map<String, String> open = new TreeMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path entry : entries) {
                String target = targetOf(entry);
                if (target != null && !OF_THE_JVM.matcher(target).matches()) {
                    open.put(entry.getFileName().toString(), target);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return open;
    }

    /** Null for one closed meanwhile, or for the one that lists the directory. */
    private static String targetOf(Path entry) {
        try {
            String target = Files.readSymbolicLink(entry).toString();
            return target.matches("/proc/\\d+/fd") ? null : target;
        } catch (IOException e) {
            return null;
        }
    }

    private static Set<String> liveThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !THREADS_OF_THE_JVM.matcher(thread.getName()).matches())
                .map(thread -> thread.getName() + "#" + thread.getId())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> liveChildren() {
        return ProcessHandle.current()
                .children()
                .map(child -> child.pid() + " " + child.info().command().orElse("(gone, not reaped)"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> mappings() {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.map(line -> line.split("\\s+", 6))
                    .filter(fields -> fields.length == 6 && fields[5].startsWith("/"))
                    .map(fields -> fields[5])
                    .filter(path -> !OF_THE_JVM.matcher(path).matches())
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What this has more of than {@code before}; empty if nothing. */
    public String surplusOver(Resources before) {
        StringBuilder surplus = new StringBuilder();
        Map<String, String> fds = new TreeMap<>(descriptors);
        fds.entrySet().removeAll(before.descriptors.entrySet());
        describe(surplus, "descriptors", fds.toString(), fds.isEmpty());
        describe(surplus, "threads", threads, before.threads);
        describe(surplus, "children", children, before.children);
        describe(surplus, "mappings", mappedFiles, before.mappedFiles);
        return surplus.toString();
    }

    private static void describe(StringBuilder text, String kind, Set<String> now, Set<String> before) {
        Set<String> more = new TreeSet<>(now);
        more.removeAll(before);
        describe(text, kind, more.toString(), more.isEmpty());
    }

    private static void describe(StringBuilder text, String kind, String what, boolean nothing) {
        if (!nothing) {
            text.append(text.isEmpty() ? "" : "; ").append(kind).append(' ').append(what);
        }
    }
}
