package io.evloop.bench.compare.peer;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import org.newsclub.net.unix.AFUNIXSelectorProvider;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.FileDescriptorCast;

/** junixsocket: it adopts the descriptors; its channels block where one is alone, else its selector waits. */
final class JunixStreams {

    private JunixStreams() {}

    static ByteStreams open(Job job) throws IOException {
        SocketChannel[] channels = new SocketChannel[job.pipes()];
        for (int i = 0; i < channels.length; i++) {
            channels[i] = FileDescriptorCast.unsafeUsing(job.firstFd() + i).as(AFUNIXSocketChannel.class);
        }
        if (channels.length == 1 && !job.spinning()) {
            return ChannelStreams.blocking(job, channels[0], false);
        }
        return ChannelStreams.selecting(
                job, channels, AFUNIXSelectorProvider.provider().openSelector(), false);
    }
}
