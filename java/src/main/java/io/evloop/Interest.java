package io.evloop;

import io.evloop.epoll.Epoll;
import java.io.IOException;

/** What one endpoint wants the kernel to report. Where the kernel refuses, the endpoint ends. Loop thread only. */
final class Interest {

    private static final int INPUT = Epoll.IN | Epoll.RDHUP;

    private final Endpoint endpoint;
    private final Registration registration;

    /** What would be armed for input is left to {@link SpinSet}. */
    private boolean bypassed;

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
        arm(INPUT);
        bypassed = false; // last: without stack for the rest it is to be tried again
    }

    void disarmInput() {
        disarm(INPUT);
        bypassed = false;
    }

    void armOutput() {
        arm(Epoll.OUT);
    }

    void disarmOutput() {
        disarm(Epoll.OUT);
    }

    private void arm(int events) {
        try {
            registration.arm(events);
        } catch (IOException e) {
            endpoint.closeWith(e);
        }
    }

    private void disarm(int events) {
        try {
            registration.disarm(events);
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
        bypassed = false;
    }

    /** Nothing more is to be read: only room to write, if that is wanted, and the hang-up, which is always reported. */
    void outputOnly(boolean wantsRoom) {
        try {
            registration.set(wantsRoom ? Epoll.OUT : 0);
        } catch (IOException e) {
            endpoint.closeWith(e);
        }
        bypassed = false;
    }

    /**
     * Takes out what is armed for input: the loop spins and finds all of that by reading, and a write of the peer's that has
     * nobody to notify is cheaper. Whatever else is asked for here ends it.
     */
    void bypass() {
        if (registration.has(INPUT)) {
            disarm(INPUT);
            bypassed = true;
        }
    }

    /** The loop does not only read any more: what {@link #bypass} took out is armed again. */
    void endBypass() {
        if (bypassed) {
            armInput();
        }
    }

    /** Input is wanted: armed, if it is not found without that. */
    void wantInput() {
        if (!bypassed) {
            armInput();
        }
    }
}
