package io.evloop;

import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.IOException;

/** Starts one worker: acquires what it needs step by step and, where a step fails, gives back the steps before it. */
final class WorkerStart {

    private static final int NONE = -1;
    private static final int STANDARD_STREAMS = 3;

    private final LoopContext context;
    private final WorkerBuilder builder;
    private final int[] standardFds = {NONE, NONE, NONE};
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
            pid = builder.spawn().start(standardFds[0], standardFds[1], standardFds[2], workerFd, builder.pipeFd());
            closeWorkersSide();
            pidFd = Fd.check(Native.pidFdOpen(pid), "pidfd_open");
            Pipe pipe = Pipe.inspect(context, ourFd, builder.tag(), builder.limits());
            builder.setHandlers(pipe);
            worker = new Worker(context, builder.program(), pid, pidFd, pipe, builder.exitHandler());
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
            standardFds[index] = streams[index].open();
        }
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
        for (int fd : new int[] {standardFds[0], standardFds[1], standardFds[2], workerFd, ourFd, pidFd}) {
            if (fd != NONE) {
                Fd.closeAfter(failure, fd);
            }
        }
        if (pid != NONE) {
            int result = Native.killAndReap(pid);
            if (result < 0) {
                failure.addSuppressed(Errno.exception("waitpid", result));
            }
        }
    }
}
