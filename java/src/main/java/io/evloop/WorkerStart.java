package io.evloop;

import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Starts one worker: acquires what it needs step by step and, where a step fails, gives back the steps before it. */
final class WorkerStart {

    private static final int NONE = -1;
    private static final int STANDARD_STREAMS = 3;

    private final LoopContext context;
    private final WorkerBuilder builder;
    private final int[] standardFds = {NONE, NONE, NONE};
    private final int[] captureFds = {NONE, NONE, NONE};
    private int ourFd = NONE;
    private int workerFd = NONE;
    private int pid = NONE;
    private int pidFd = NONE;

    WorkerStart(LoopContext context, WorkerBuilder builder) {
        this.context = context;
        this.builder = builder;
    }

    Worker start() throws IOException {
        Worker worker;
        try {
            openSockets();
            openStandardStreams();
            pid = builder.spawn().start(standardFds, workerFd, builder.pipeFd());
            closeWorkersSide();
            pidFd = Fd.check(Native.pidFdOpen(pid), "pidfd_open");
            Pipe pipe = new Pipe(Connection.ofPair(context, ourFd, builder.tag()), builder.limits());
            builder.setHandlers(pipe);
            worker = new Worker(context, builder.program(), pid, pidFd, pipe, captures(), builder.exitHandler());
            worker.register();
        } catch (Throwable e) {
            giveBack(e);
            throw e;
        }
        return worker;
    }

    private void openSockets() throws IOException {
        long pair = Fd.check(Native.socketPair(), "socketpair");
        ourFd = Fd.first(pair);
        workerFd = Fd.second(pair);
        for (int fd : new int[] {ourFd, workerFd}) {
            Fd.check(Native.setSendBuffer(fd, builder.socketBuffer()), "setsockopt");
            Fd.check(Native.setReceiveBuffer(fd, builder.socketBuffer()), "setsockopt");
        }
    }

    private void openStandardStreams() throws IOException {
        Stdio[] streams = builder.standardStreams();
        for (int index = 0; index < STANDARD_STREAMS; index++) {
            if (streams[index].isCaptured()) {
                long pipe = Fd.check(Native.pipe(), "pipe2");
                captureFds[index] = Fd.first(pipe);
                standardFds[index] = Fd.second(pipe);
            } else {
                standardFds[index] = streams[index].open();
            }
        }
    }

    private List<OutputCapture> captures() throws IOException {
        Stdio[] streams = builder.standardStreams();
        List<OutputCapture> captures = new ArrayList<>();
        for (int index = 0; index < STANDARD_STREAMS; index++) {
            if (captureFds[index] != NONE) {
                captures.add(new OutputCapture(context, streams[index], captureFds[index]));
            }
        }
        return captures;
    }

    /** The child has its copies: with ours open it would never read an end of stream. */
    private void closeWorkersSide() throws IOException {
        for (int index = 0; index < STANDARD_STREAMS; index++) {
            int fd = standardFds[index];
            standardFds[index] = NONE;
            if (fd != NONE) {
                Fd.close(fd);
            }
        }
        int fd = workerFd;
        workerFd = NONE;
        Fd.close(fd);
    }

    private void giveBack(Throwable failure) {
        closeAll(failure, standardFds);
        closeAll(failure, captureFds);
        closeAll(failure, workerFd, ourFd, pidFd);
        if (pid != NONE) {
            int result = Native.killAndReap(pid);
            if (result < 0) {
                failure.addSuppressed(Errno.exception("waitid", result));
            }
        }
    }

    private static void closeAll(Throwable failure, int... fds) {
        for (int fd : fds) {
            if (fd != NONE) {
                Fd.closeAfter(failure, fd);
            }
        }
    }
}
