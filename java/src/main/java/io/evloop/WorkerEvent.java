package io.evloop;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** What a recording may want to know of a worker. As for {@link HandlerEvent}, no event is made before there can be one. */
final class WorkerEvent {

    private WorkerEvent() {}

    static void started(String program, long pid) {
        if (FlightRecorder.isInitialized()) {
            Start event = new Start();
            event.program = program;
            event.pid = pid;
            event.commit();
        }
    }

    static void exited(String program, long pid, WorkerExit exit) {
        if (FlightRecorder.isInitialized()) {
            Exit event = new Exit();
            event.program = program;
            event.pid = pid;
            event.code = exit.code();
            event.signal = exit.signal();
            event.unsentFrames = exit.unsentFrames();
            event.commit();
        }
    }

    @Name("io.evloop.WorkerStart")
    @Label("Worker Start")
    @Category("evloop")
    @Description("A worker process was spawned")
    @StackTrace(false)
    static final class Start extends Event {

        @Label("Program")
        String program;

        @Label("Process Id")
        long pid;
    }

    @Name("io.evloop.WorkerExit")
    @Label("Worker Exit")
    @Category("evloop")
    @Description("A worker process has left")
    @StackTrace(false)
    static final class Exit extends Event {

        @Label("Program")
        String program;

        @Label("Process Id")
        long pid;

        @Label("Exit Code")
        int code;

        @Label("Signal")
        int signal;

        @Label("Unsent Frames")
        long unsentFrames;
    }
}
