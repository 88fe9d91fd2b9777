package io.evloop.bench.compare.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import one.nio.net.Selector;
import one.nio.net.Session;
import one.nio.net.Socket;
import one.nio.net.SocketClosedException;

/** one-nio: it adopts the descriptors; its sockets block where one is alone, else its own epoll waits. */
final class OneNioStreams implements ByteStreams {

    private final Socket[] sockets;
    private final IndexedSession[] sessions;
    private final Selector selector;
    private final int[] ready;

    private OneNioStreams(Job job) throws IOException {
        sockets = new Socket[job.pipes()];
        sessions = new IndexedSession[job.pipes()];
        ready = new int[job.pipes()];
        boolean many = job.pipes() > 1;
        selector = many ? Selector.create() : null;
        for (int i = 0; i < sockets.length; i++) {
            sockets[i] = Socket.fromFD(job.firstFd() + i);
            sockets[i].setBlocking(!many && !job.spinning());
            if (many) {
                int events = job.role() == Job.Role.SENDER ? Session.WRITEABLE : Session.READABLE;
                sessions[i] = new IndexedSession(sockets[i], events, i);
                selector.register(sessions[i]);
            }
        }
    }

    static ByteStreams open(Job job) throws IOException {
        return new OneNioStreams(job);
    }

    private static final class IndexedSession extends Session {
        private final int index;

        IndexedSession(Socket socket, int events, int index) {
            super(socket, events);
            this.index = index;
        }
    }

    @Override
    public int read(int stream, ByteBuffer target) throws IOException {
        try {
            return sockets[stream].read(target);
        } catch (SocketClosedException e) {
            return -1;
        }
    }

    @Override
    public void write(int stream, ByteBuffer source) throws IOException {
        sockets[stream].write(source);
    }

    @Override
    public void write(int stream, ByteBuffer first, ByteBuffer second) throws IOException {
        sockets[stream].write(first);
        if (!first.hasRemaining()) {
            sockets[stream].write(second);
        }
    }

    @Override
    public int await() throws IOException {
        int count = 0;
        for (Iterator<Session> selected = selector.select(); selected.hasNext(); ) {
            ready[count++] = ((IndexedSession) selected.next()).index;
        }
        return count;
    }

    @Override
    public int ready(int index) {
        return ready[index];
    }

    @Override
    public void close(int stream) throws IOException {
        selector.unregister(sessions[stream]);
        sockets[stream].close();
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        if (selector != null) {
            selector.close();
        }
    }
}
