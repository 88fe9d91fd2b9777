package io.evloop.testing;

import io.evloop.Address;
import io.evloop.ConnectAttempt;
import io.evloop.ConnectHandler;
import io.evloop.Connection;
import io.evloop.ConnectionHandler;
import io.evloop.Listener;
import io.evloop.SocketHandle;
import io.evloop.Timer;
import io.evloop.Watch;
import io.evloop.Worker;
import io.evloop.epoll.Epoll;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;

/** Everywhere that the loop calls back. Each place knows how to bring it about, and what it is called back for. */
public enum CallbackPlace {
    FRAME {
        @Override
        void arm(CallbackStage stage) throws IOException {
            stage.self().pipe().onFrame((pipe, channelId, payload) -> stage.called());
            stage.self().peer().write(TWO_FRAMES);
        }
    },
    READABLE {
        @Override
        void arm(CallbackStage stage) throws IOException {
            stage.self().pipe().onReadable(pipe -> {
                pipe.readFrame();
                stage.called();
            });
            stage.self().peer().write(TWO_FRAMES);
        }
    },
    DRAIN {
        @Override
        void arm(CallbackStage stage) {
            stage.self().pipe().onDrain(pipe -> stage.called());
            stage.self().pipe().writeFrame(1, ByteBuffer.wrap(new byte[1])); // above the high water mark of 1 byte
        }
    },
    END {
        @Override
        void arm(CallbackStage stage) throws IOException {
            stage.self().pushed().pipe().onEnd(pipe -> stage.called());
            stage.self().peer().shutdownOutput();
        }
    },
    CLOSE {
        @Override
        void arm(CallbackStage stage) {
            stage.self().pipe().close();
        }
    },
    CONNECTION {
        @Override
        void arm(CallbackStage stage) throws IOException {
            RawSocket[] pair = RawSocket.pair();
            stage.keep(pair[1]);
            pair[1].write("ab");
            stage.calledBack(stage.loop().adopt(pair[0].release(), 0, new ConnectionHandler() {
                @Override
                public void onReadable(Connection connection) {
                    connection.consume(1);
                    stage.called();
                }

                @Override
                public void onClose(Connection connection, Throwable cause) {
                    stage.closed(cause);
                }
            }));
        }

        @Override
        void end(CallbackStage stage) {
            ((Connection) stage.source()).close();
        }
    },
    TIMER {
        @Override
        void arm(CallbackStage stage) {
            stage.calledBack(stage.loop().schedule(0, stage::called));
        }

        @Override
        void end(CallbackStage stage) {
            ((Timer) stage.source()).cancel();
        }
    },
    TASK {
        @Override
        void arm(CallbackStage stage) {
            Runnable task = stage::called;
            stage.calledBack(task);
            stage.loop().execute(task);
        }

        @Override
        void end(CallbackStage stage) {
            // a task is over when it is over
        }
    },
    WATCH {
        @Override
        void arm(CallbackStage stage) throws IOException {
            RawSocket[] pair = RawSocket.pair();
            stage.keep(pair[0]);
            stage.keep(pair[1]);
            pair[1].write("ab");
            stage.calledBack(stage.loop().watch(pair[0].fd(), Epoll.IN, (watch, readyEvents) -> {
                readOne(pair[0]);
                stage.called();
            }));
        }

        @Override
        void end(CallbackStage stage) throws IOException {
            ((Watch) stage.source()).cancel();
        }
    },
    ACCEPT {
        @Override
        void arm(CallbackStage stage) throws IOException {
            Listener listener = stage.loop().listen(Address.tcp(0), (server, socket) -> stage.called());
            stage.calledBack(listener);
            stage.keep(new Socket(
                    InetAddress.getLoopbackAddress(), listener.localAddress().port()));
        }

        @Override
        void end(CallbackStage stage) {
            ((Listener) stage.source()).close();
        }
    },
    CONNECT {
        @Override
        void arm(CallbackStage stage) throws IOException {
            ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            stage.keep(server);
            Address address = Address.tcp(server.getInetAddress(), server.getLocalPort());
            stage.calledBack(stage.loop().connect(address, TIMEOUT, new ConnectHandler() {
                @Override
                public void onConnect(SocketHandle socket) {
                    stage.called();
                }

                @Override
                public void onFailure(IOException cause) {
                    throw new AssertionError("the attempt failed", cause);
                }
            }));
        }

        @Override
        void end(CallbackStage stage) {
            ((ConnectAttempt) stage.source()).cancel();
        }
    },
    EXIT {
        @Override
        void arm(CallbackStage stage) throws IOException {
            stage.calledBack(Programs.worker("/bin/true")
                    .onExit((worker, exit) -> stage.called())
                    .start(stage.loop()));
        }

        @Override
        void end(CallbackStage stage) {
            ((Worker) stage.source()).close();
        }
    };

    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private static final byte[] TWO_FRAMES = Frames.concat(Frames.frame(1, "a"), Frames.frame(1, "b"));

    /** Makes one of the coming turns call {@link CallbackStage#called}; more than once, if nobody ends it. */
    abstract void arm(CallbackStage stage) throws IOException;

    /** Ends what is called back: closes or cancels it. */
    void end(CallbackStage stage) throws IOException {
        stage.self().pipe().close();
    }

    /** Whether a pipe or a connection is called back, which hears its close. */
    public boolean isStream() {
        return switch (this) {
            case FRAME, READABLE, DRAIN, END, CLOSE, CONNECTION -> true;
            case TIMER, TASK, WATCH, ACCEPT, CONNECT, EXIT -> false;
        };
    }

    private static void readOne(RawSocket socket) {
        try {
            socket.readSome(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
