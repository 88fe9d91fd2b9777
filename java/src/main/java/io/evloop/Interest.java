package io.evloop;

import io.evloop.epoll.Epoll;
import java.io.IOException;

/** What one endpoint wants the kernel to report. Where the kernel refuses, the endpoint ends. Loop thread only. */
final class Interest {

    private static final int INPUT = Epoll.IN | Epoll.RDHUP;

    private final Endpoint endpoint;
    private final Registration registration;

    Interest(Endpoint endpoint, Registry registry, int fd) {
        this.endpoint = endpoint;
        this.registration = new Registration(registry, fd);
    }

    /** Begins; if it throws, nothing is left behind. Hang-ups and errors are reported in any case. */
    void open(boolean input) throws IOException {
        registration.open(endpoint, input ? INPUT : 0);
    }

    void close() throws IOException {
        registration.close();
    }

    void armInput() {
        try {
            registration.arm(INPUT);
        } catch (IOException e) {
            endpoint.closeWith(e);
        }
    }

    void disarmInput() {
        try {
            registration.disarm(INPUT);
        } catch (IOException e) {
            endpoint.closeWith(e);
        }
    }

    void armOutput() {
        try {
            registration.arm(Epoll.OUT);
        } catch (IOException e) {
            endpoint.closeWith(e);
        }
    }

    void disarmOutput() {
        try {
            registration.disarm(Epoll.OUT);
        } catch (IOException e) {
            endpoint.closeWith(e);
        }
    }

    /** Not even a hang-up is to be reported until something is wanted again. */
    void suspend() {
        try {
            registration.suspend();
        } catch (IOException e) {
            endpoint.closeWith(e);
        }
    }

    /** Nothing more is to be read: only room to write, if that is wanted, and the hang-up, which is always reported. */
    void outputOnly(boolean wantsRoom) {
        try {
            registration.set(wantsRoom ? Epoll.OUT : 0);
        } catch (IOException e) {
            endpoint.closeWith(e);
        }
    }
}
