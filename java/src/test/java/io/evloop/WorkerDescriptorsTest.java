package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import io.evloop.testing.Await;
import io.evloop.testing.EchoProgram;
import io.evloop.testing.Journal;
import io.evloop.testing.LeakyThreads;
import io.evloop.testing.Programs;
import io.evloop.testing.Resources;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which descriptors a worker has, and which of the two ends blocks. */
class WorkerDescriptorsTest {

    private static final int O_NONBLOCK = 0x800;
    private static final int FIRST_PIPE_FD = 3;
    private static final int LAST_PIPE_FD = 255;

    /** What a worker reports of its descriptors, by their number. */
    private static Map<Integer, String> descriptorsOfAWorker(EventLoop loop, int pipeFd) throws Exception {
        Journal journal = new Journal();
        journal.of(Programs.actor("descriptors")).pipeFd(pipeFd).start(loop);
        assertEquals(0, journal.awaitExit(loop).code());
        return descriptorsIn(journal);
    }

    private static Map<Integer, String> descriptorsIn(Journal journal) {
        Map<Integer, String> descriptors = new TreeMap<>();
        for (String text : journal.texts(text -> true)) {
            int end = text.indexOf(' ');
            descriptors.put(Integer.valueOf(text.substring(0, end)), text.substring(end + 1));
        }
        return descriptors;
    }

    private static void assertStandardStreamsAndPipeAlone(int pipeFd, Map<Integer, String> descriptors) {
        assertEquals(List.of(0, 1, 2, pipeFd), List.copyOf(descriptors.keySet()), descriptors::toString);
        String pipe = descriptors.get(pipeFd);
        assertTrue(pipe.matches("socket:\\[\\d+] blocking kept"), pipe);
    }

    private static int flags(int fd) throws IOException {
        return Fd.check(Native.statusFlags(fd), "fcntl");
    }

    @Test
    void aWorkerHasTheStandardStreamsAndThePipeAlone() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            assertStandardStreamsAndPipeAlone(FIRST_PIPE_FD, descriptorsOfAWorker(loop, FIRST_PIPE_FD));
        }
    }

    /** Every number: those in use here, those of either end of the pair, and free ones. */
    // row 43
    @Test
    void theWorkersEndArrivesUnderAnyNumberWhoeverHasItHere() throws Exception {
        try (EventLoop loop = EventLoop.open()) {
            Worker probe = Programs.actor("wait").start(loop);
            int ourEnd = probe.pipe().connection().fd();
            probe.close();
            assertTrue(ourEnd + 1 < LAST_PIPE_FD, "the numbers of both ends are tried");
            for (int pipeFd = FIRST_PIPE_FD; pipeFd <= LAST_PIPE_FD; pipeFd++) {
                assertStandardStreamsAndPipeAlone(pipeFd, descriptorsOfAWorker(loop, pipeFd));
            }
        }
    }

    // row 44
    @ParameterizedTest
    @ValueSource(ints = {FIRST_PIPE_FD, 40, LAST_PIPE_FD})
    void nothingThatOtherThreadsOpenReachesAWorker(int pipeFd) throws Exception {
        try (LeakyThreads threads = new LeakyThreads(8);
                EventLoop loop = EventLoop.open()) {
            Await.until("threads at work", () -> threads.opened() > 10);
            for (int round = 0; round < 40; round++) {
                assertStandardStreamsAndPipeAlone(pipeFd, descriptorsOfAWorker(loop, pipeFd));
            }
        }
    }

    @Test
    void onlyTheSupervisorsEndIsNonBlocking() throws Exception {
        Journal journal = new Journal();
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = journal.of(Programs.actor("descriptors", "wait")).start(loop);
            int ourEnd = worker.pipe().connection().fd();
            assertTrue((flags(ourEnd) & O_NONBLOCK) != 0);
            assertEquals(1, Native.descriptorFlags(ourEnd), "close-on-exec");
            Await.turns(loop, "the report", () -> journal.frames().size() == 4);
            assertStandardStreamsAndPipeAlone(FIRST_PIPE_FD, descriptorsIn(journal));
            worker.pipe().close();
            journal.awaitExit(loop);
        }
    }

    /** Otherwise it would never read the end of its stream. */
    @Test
    void aStartLeavesTheSupervisorItsEndAndThePidfdAlone() throws Exception {
        Journal journal = new Journal();
        try (EventLoop loop = EventLoop.open()) {
            Map<String, String> before = Resources.openDescriptors();
            Worker worker = journal.of(Programs.actor("wait")).start(loop);
            Map<String, String> added = Resources.openDescriptors();
            added.keySet().removeAll(before.keySet());
            assertEquals(2, added.size(), added::toString);
            assertTrue(added.toString().contains("pidfd"), added::toString);
            assertTrue(
                    added.containsKey(
                            Integer.toString(worker.pipe().connection().fd())),
                    added::toString);
            worker.pipe().close();
            assertEquals(0, journal.awaitExit(loop).code());
            assertEquals(before, Resources.openDescriptors());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWorkerInAnyLanguageFindsItsPipeUnderAnotherNumber(EchoProgram program) throws Exception {
        Journal journal = new Journal();
        try (EventLoop loop = EventLoop.open()) {
            Worker worker = journal.of(program.worker()).pipeFd(77).start(loop);
            worker.pipe().writeFrame(1, new byte[] {'x'}, 0, 1);
            Await.turns(loop, "the echo", () -> !journal.frames().isEmpty());
            worker.pipe().closeAfterFlush();
            assertEquals(0, journal.awaitExit(loop).code());
            assertEquals(List.of("1:x"), journal.frames());
        }
    }

    @Test
    void aSmallerSocketBufferIsGrantedAndALargerOneAskedForByDefault() throws Exception {
        try (EventLoop loop = EventLoop.open();
                Worker small = Programs.actor("wait").socketBuffer(1).start(loop);
                Worker usual = Programs.actor("wait").start(loop)) {
            int smallFd = small.pipe().connection().fd();
            int usualFd = usual.pipe().connection().fd();
            assertTrue(Native.sendBuffer(smallFd) < 8192, "send buffer " + Native.sendBuffer(smallFd));
            assertTrue(Native.receiveBuffer(smallFd) < 8192, "receive buffer " + Native.receiveBuffer(smallFd));
            assertTrue(Native.sendBuffer(usualFd) > 64 * 1024, "send buffer " + Native.sendBuffer(usualFd));
        }
    }

    @Test
    void theTagIsThePipes() throws Exception {
        try (EventLoop loop = EventLoop.open();
                Worker worker = Programs.actor("wait").tag(-7).start(loop)) {
            assertEquals(-7, worker.pipe().connection().tag());
            assertFalse(worker.pipe().isClosed());
        }
    }
}
