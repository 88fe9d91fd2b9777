package io.evloop.bench.compare.peer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * One channel: frames are parsed in the buffer that was read, without a slice or an object for each; only a frame that is
 * cut by the end of a buffer is put together in another, which the channel keeps and which grows with the frames.
 */
final class NettyPipe extends ChannelInboundHandlerAdapter implements FrameOutput {

    private static final int WRITE_BUFFER = 128 * 1024 + 64; // two frames of 64 KiB with their headers
    private static final int DIRECT_PAYLOAD = 256 * 1024;

    private final Party party;
    private final NettyTransport.Batching batching;
    private final CompletableFuture<Void> end;
    private ChannelHandlerContext context;
    private ByteBuf cutFrame; // null before the first; empty while there is none
    private ByteBuf batch;
    private ByteBuffer batchBytes;
    private ByteBuf directPayload;
    private ChannelFuture directWrite;
    private boolean filling;
    private boolean closing;

    NettyPipe(Party party, NettyTransport.Batching batching, CompletableFuture<Void> end) {
        this.party = party;
        this.batching = batching;
        this.end = end;
    }

    void start() {
        context.executor().execute(this::fill);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    // Writing

    private void fill() {
        if (filling || closing) {
            return;
        }
        filling = true; // a flush below may report that the channel is writable again
        party.onRoom(this);
        filling = false;
        flushBatch();
        closeIfFinished();
    }

    @Override
    public boolean isReady() {
        return directWrite == null;
    }

    @Override
    public boolean offer(int channelId, ByteBuffer source, int offset, int length) {
        if (!context.channel().isWritable()) {
            return false;
        }
        if (length >= DIRECT_PAYLOAD) {
            writeDirectly(channelId, source, offset, length);
        } else if (batching == NettyTransport.Batching.BY_HAND) {
            return appendToBatch(channelId, source, offset, length);
        } else {
            int frameLength = Wire.HEADER_LENGTH + length;
            ByteBuf frame = context.alloc().directBuffer(frameLength, frameLength);
            ByteBuffer bytes = frame.internalNioBuffer(0, frameLength);
            encode(bytes, bytes.position(), channelId, source, offset, length);
            context.writeAndFlush(frame.writerIndex(frameLength), context.voidPromise());
        }
        return true;
    }

    private static void encode(ByteBuffer bytes, int at, int channelId, ByteBuffer source, int offset, int length) {
        Wire.putHeader(bytes, at, channelId, length);
        bytes.put(at + Wire.HEADER_LENGTH, source, offset, length);
    }

    private boolean appendToBatch(int channelId, ByteBuffer source, int offset, int length) {
        int frameLength = Wire.HEADER_LENGTH + length;
        if (batch != null && batch.writableBytes() < frameLength) {
            flushBatch();
            if (!context.channel().isWritable()) {
                return false; // rather than begin a batch of one frame
            }
        }
        if (batch == null) {
            int capacity = Math.max(WRITE_BUFFER, frameLength);
            batch = context.alloc().directBuffer(capacity, capacity);
            batchBytes = batch.nioBuffer(0, capacity);
        }
        int at = batch.writerIndex();
        encode(batchBytes, at, channelId, source, offset, length);
        batch.writerIndex(at + frameLength);
        return true;
    }

    private void flushBatch() {
        if (batch != null) {
            ByteBuf full = batch;
            batch = null;
            batchBytes = null;
            context.writeAndFlush(full, context.voidPromise());
        }
    }

    /** The payload is not copied: until the write is done, the next is refused. */
    private void writeDirectly(int channelId, ByteBuffer source, int offset, int length) {
        flushBatch();
        if (directPayload == null) {
            directPayload = Unpooled.wrappedBuffer(source.duplicate().clear());
        }
        ByteBuf header = context.alloc().directBuffer(Wire.HEADER_LENGTH, Wire.HEADER_LENGTH);
        context.write(header.writeShort(channelId).writeInt(length), context.voidPromise());
        directWrite = context.writeAndFlush(directPayload.retainedSlice(offset, length));
        if (directWrite.isDone()) {
            directWrite = null;
        } else {
            directWrite.addListener(written -> {
                directWrite = null;
                fill();
            });
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext changed) {
        if (changed.channel().isWritable()) {
            fill();
        }
    }

    private void closeIfFinished() {
        if (party.finished() && !closing) {
            closing = true;
            context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    // Reading

    @Override
    public void channelRead(ChannelHandlerContext reading, Object message) {
        ByteBuf input = (ByteBuf) message;
        try {
            while (isCut() && input.isReadable()) {
                complete(input);
            }
            if (input.isReadable()) {
                parse(input);
                keepRest(input);
            }
        } finally {
            input.release();
        }
    }

    private void parse(ByteBuf input) {
        int length = input.readableBytes();
        ByteBuffer bytes = input.internalNioBuffer(input.readerIndex(), length);
        int start = bytes.position();
        input.skipBytes(FrameParser.parse(bytes, start, start + length, party, this) - start);
    }

    private boolean isCut() {
        return cutFrame != null && cutFrame.isReadable();
    }

    private void keepRest(ByteBuf input) {
        int rest = input.readableBytes();
        if (rest > 0) {
            int capacity = Wire.HEADER_LENGTH;
            if (rest >= Wire.HEADER_LENGTH) {
                capacity += input.getInt(input.readerIndex() + Short.BYTES);
            }
            if (cutFrame != null && cutFrame.capacity() < capacity) {
                cutFrame.release();
                cutFrame = null;
            }
            if (cutFrame == null) {
                cutFrame = context.alloc().directBuffer(capacity);
            }
            cutFrame.writeBytes(input);
        }
    }

    /** Adds to the frame that was cut, first to its header, then to its payload, no more than it lacks. */
    private void complete(ByteBuf input) {
        int wanted = Wire.HEADER_LENGTH;
        if (cutFrame.readableBytes() >= Wire.HEADER_LENGTH) {
            wanted += cutFrame.getInt(Short.BYTES);
        }
        int missing = wanted - cutFrame.readableBytes();
        cutFrame.ensureWritable(missing);
        cutFrame.writeBytes(input, Math.min(missing, input.readableBytes()));
        if (missing > 0 && cutFrame.readableBytes() == wanted && wanted > Wire.HEADER_LENGTH) {
            parse(cutFrame);
            cutFrame.clear();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext reading) {
        flushBatch();
        closeIfFinished();
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
        if (cutFrame != null) {
            cutFrame.release();
            cutFrame = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext failed, Throwable cause) {
        end.completeExceptionally(cause);
        failed.close();
    }
}
