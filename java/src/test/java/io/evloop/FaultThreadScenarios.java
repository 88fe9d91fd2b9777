package io.evloop;

import io.evloop.epoll.Epoll;
import io.evloop.sys.Errno;
import io.evloop.sys.Fd;
import io.evloop.sys.Native;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Loops on threads of their own, and descriptors that are only watched, while system calls fail. */
final class FaultThreadScenarios {

    private static final int FRAMES = 200;
    private static final int DEADLINE_SECONDS = 5;
    private static final int SENDER_CAPACITY = 1024 * 1024;

    private FaultThreadScenarios() {}

    /** Frames from this thread through a loop to another loop. */
    static void group(FaultProbe probe) throws Exception {
        EventLoopOptions options = probe.options().build();
        try (EventLoopGroup group =
                EventLoopGroup.builder(2).name("fault").options(options).open()) {
            AtomicInteger received = new AtomicInteger();
            AtomicInteger closed = new AtomicInteger();
            CompletableFuture<Sender> near = new CompletableFuture<>();
            group.loop(0).execute(() -> connect(probe, group, near, received, closed));
            Sender sender = result(near);
            for (int number = 0; number < FRAMES; number++) {
                ByteBuffer content = FaultStream.content(number);
                int channelId = number;
                probe.awaitOthers(
                        "room", () -> sender.writeFrame(channelId, content).isAccepted(), () -> closed.get() > 0);
            }
            probe.awaitOthers("the frames", () -> received.get() == FRAMES, () -> closed.get() > 0);
            group.loop(0).execute(sender.pipe()::shutdownOutput);
            probe.awaitOthers("the closes", () -> closed.get() == 2, () -> false);
        }
    }

    private static Sender result(CompletableFuture<Sender> future) throws Exception {
        try {
            return future.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private static void connect(
            FaultProbe probe,
            EventLoopGroup group,
            CompletableFuture<Sender> near,
            AtomicInteger received,
            AtomicInteger closed) {
        try {
            Pipe[] ends = Pipe.pair(group.loop(0), group.loop(1), FaultScenarios.OPTIONS);
            CloseHandler closeHandler = (pipe, cause) -> {
                probe.ended(cause);
                closed.incrementAndGet();
            };
            ends[0].onClose(closeHandler).onFrame((pipe, channelId, payload) -> {}); // it is read
            Sender sender = ends[0].sender(SENDER_CAPACITY);
            group.loop(1).execute(() -> {
                ends[1].onClose(closeHandler).onFrame((pipe, channelId, payload) -> {
                    int number = received.get();
                    if (channelId != number || FaultStream.content(number).mismatch(payload) >= 0) {
                        throw new AssertionError("frame " + number + " came with channel " + channelId);
                    }
                    received.incrementAndGet();
                });
                near.complete(sender);
            });
        } catch (Throwable e) {
            near.completeExceptionally(e);
        }
    }

    /** Bytes through a pipe whose end is watched. */
    static void watch(FaultProbe probe) throws Exception {
        long packed = Fd.check(Native.pipe(), "pipe2");
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        int[] got = {0};
        try (EventLoop loop = probe.openLoop()) {
            Watch watch = loop.watch(Fd.first(packed), Epoll.IN, (from, events) -> {
                int result = Native.read(from.fd(), Native.addressOf(one), 1);
                if (result < 0) {
                    throw new UncheckedIOException(Errno.exception("read", result));
                }
                got[0] += result;
            });
            for (int count = 1; count <= 3; count++) {
                int expected = count;
                Fd.check(Native.write(Fd.second(packed), Native.addressOf(one), 1), "write");
                probe.await(loop, "a byte", () -> got[0] == expected, () -> !watch.isActive());
                watch.modify(0);
                watch.modify(Epoll.IN);
            }
            watch.cancel();
        } finally {
            FaultScenarios.closeBoth(packed);
            Reference.reachabilityFence(one);
        }
    }
}
