package io.evloop.lang;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.evloop.BlockingPipe;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.List;

/** What the workers in Java have in common; what they do is said in {@code native/test/workers/header.c}. */
final class LanguageWorker {

    static final int INHERITED = 2;
    static final int DIE = 3;
    static final int END = 4;

    /** In Java alone: answers with what becomes of a second attempt to open the inherited pipe. */
    static final int OPEN_AGAIN = 5;

    static final int TORN_LENGTH = 100_000;
    static final int TORN_SENT = 1000;
    static final int DIED = 3;

    private LanguageWorker() {}

    static byte[] inherited() throws IOException {
        List<String> command = List.of("sh", "-c", "echo EVLOOP_FD=${EVLOOP_FD-unset}; ls -l /proc/self/fd");
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove("EVLOOP_FD"); // which a JVM cannot do for itself
        return builder.start().getInputStream().readAllBytes();
    }

    static byte[] openAgain() throws IOException {
        try {
            BlockingPipe.inherited().close();
            return "opened".getBytes(US_ASCII);
        } catch (IllegalStateException e) {
            return "refused".getBytes(US_ASCII);
        }
    }

    /** Leaves in the middle of a frame. */
    static void die(int fd) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(TORN_SENT);
        bytes.putShort((short) DIE).putInt(TORN_LENGTH);
        int sent = 0;
        while (sent < TORN_SENT) {
            sent += Fd.check(Native.send(fd, Native.addressOf(bytes) + sent, TORN_SENT - sent), "send");
        }
        Reference.reachabilityFence(bytes);
        Runtime.getRuntime().halt(DIED);
    }
}
