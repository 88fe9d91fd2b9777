package io.evloop.bench.compare.peer;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SelectStrategy;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Netty's native epoll transport: it adopts the descriptors, which have to be non-blocking. */
final class NettyTransport implements Transport {

    /** How many small frames become one write. */
    enum Batching {
        /** Frames are encoded into one buffer, written and flushed when it is full or the reading is done. */
        BY_HAND,
        /** Each frame is a buffer of its own, written and flushed; a handler merges the flushes. */
        FLUSH_CONSOLIDATION
    }

    private static final int MIN_READ = 1024;
    private static final int INITIAL_READ = 16 * 1024;
    private static final int MAX_READ = 256 * 1024;
    private static final int LOW_WATER = 64 * 1024;
    private static final int HIGH_WATER = 128 * 1024;
    private static final int FLUSHES_PER_FLUSH = 256;

    private final Batching batching;

    NettyTransport(Batching batching) {
        this.batching = batching;
    }

    @Override
    public void run(Job job, Party[] parties) throws Exception {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, ioHandler(job));
        try {
            CompletableFuture<Void> end = new CompletableFuture<>();
            AtomicInteger open = new AtomicInteger(parties.length);
            NettyPipe[] pipes = new NettyPipe[parties.length];
            for (int i = 0; i < parties.length; i++) {
                pipes[i] = new NettyPipe(parties[i], batching, end);
                EpollDomainSocketChannel channel = newChannel(job.firstFd() + i, pipes[i]);
                channel.closeFuture().addListener(closed -> {
                    if (open.decrementAndGet() == 0) {
                        end.complete(null);
                    }
                });
                group.register(channel).sync();
            }
            for (NettyPipe pipe : pipes) {
                pipe.start();
            }
            end.get();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    private static IoHandlerFactory ioHandler(Job job) {
        if (job.spinning()) {
            return EpollIoHandler.newFactory(
                    0, () -> (supplier, hasTasks) -> hasTasks ? supplier.get() : SelectStrategy.BUSY_WAIT);
        }
        return EpollIoHandler.newFactory();
    }

    private EpollDomainSocketChannel newChannel(int fd, NettyPipe pipe) {
        EpollDomainSocketChannel channel = new EpollDomainSocketChannel(fd);
        channel.config()
                .setAllocator(PooledByteBufAllocator.DEFAULT)
                .setRecvByteBufAllocator(new AdaptiveRecvByteBufAllocator(MIN_READ, INITIAL_READ, MAX_READ))
                .setWriteBufferWaterMark(new WriteBufferWaterMark(LOW_WATER, HIGH_WATER));
        if (batching == Batching.FLUSH_CONSOLIDATION) {
            channel.pipeline().addLast(new FlushConsolidationHandler(FLUSHES_PER_FLUSH, true));
        }
        channel.pipeline().addLast(pipe);
        return channel;
    }
}
