package io.evloop;

import io.evloop.frame.FrameLayout;
import io.evloop.sys.CString;
import io.evloop.sys.Native;
import io.evloop.sys.Spawn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Describes a worker: its command, environment, directory, standard streams, limits and handlers. One builder can start any
 * number of workers. For one thread at a time.
 */
public final class WorkerBuilder {

    static final int MIN_PIPE_FD = 3;
    static final int MAX_PIPE_FD = 255;
    private static final int MIN_NICE = -20;
    private static final int MAX_NICE = 19;
    private static final int DEFAULT_SOCKET_BUFFER = 4 * 1024 * 1024;

    private final List<byte[]> arguments = new ArrayList<>();
    private final String program;
    private final Map<String, byte[]> environment = new LinkedHashMap<>();
    private final Map<Integer, FrameHandler> channelHandlers = new TreeMap<>();
    private boolean environmentCleared;
    private String directory;
    private final Map<ResourceLimit, String> resourceLimits = new EnumMap<>(ResourceLimit.class);
    private final List<String> privileges = new ArrayList<>();
    private String nice;
    private int group;
    private Stdio standardInput = Stdio.INHERIT;
    private Stdio standardOutput = Stdio.INHERIT;
    private Stdio standardError = Stdio.INHERIT;
    private int pipeFd = MIN_PIPE_FD;
    private int tag;
    private int socketBuffer = DEFAULT_SOCKET_BUFFER;
    private PipeOptions pipeOptions = PipeOptions.DEFAULT;
    private FrameHandler frameHandler;
    private Consumer<Pipe> readableHandler;
    private Consumer<Pipe> drainHandler;
    private Consumer<Pipe> endHandler;
    private CloseHandler closeHandler;
    private ExitHandler exitHandler;

    WorkerBuilder(String... command) {
        if (command.length == 0 || command[0].isEmpty()) {
            throw new IllegalArgumentException("an empty command");
        }
        for (String argument : command) {
            arguments.add(CString.encode(argument, "an argument"));
        }
        program = command[0];
    }

    private WorkerBuilder(WorkerBuilder other) {
        arguments.addAll(other.arguments);
        program = other.program;
        environment.putAll(other.environment);
        channelHandlers.putAll(other.channelHandlers);
        environmentCleared = other.environmentCleared;
        directory = other.directory;
        resourceLimits.putAll(other.resourceLimits);
        privileges.addAll(other.privileges);
        nice = other.nice;
        group = other.group;
        standardInput = other.standardInput;
        standardOutput = other.standardOutput;
        standardError = other.standardError;
        pipeFd = other.pipeFd;
        tag = other.tag;
        socketBuffer = other.socketBuffer;
        pipeOptions = other.pipeOptions;
        frameHandler = other.frameHandler;
        readableHandler = other.readableHandler;
        drainHandler = other.drainHandler;
        endHandler = other.endHandler;
        closeHandler = other.closeHandler;
        exitHandler = other.exitHandler;
    }

    /** The same as it is now. */
    WorkerBuilder copy() {
        return new WorkerBuilder(this);
    }

    // the process ------------------------------------------------------------------------------------------------

    /**
     * Sets a variable of the worker's environment; the rest is the supervisor's, unless {@link #clearEnv} was called.
     *
     * @throws IllegalArgumentException if the name is empty, is {@code EVLOOP_FD}, or has a {@code =} in it; for a NUL
     */
    public WorkerBuilder env(String name, String value) {
        if (name.isEmpty() || name.indexOf('=') >= 0 || name.equals(InheritedFd.VARIABLE)) {
            throw new IllegalArgumentException("no name for a variable: \"" + name + "\"");
        }
        Objects.requireNonNull(value, "value");
        CString.encode(name, "a variable's name");
        environment.put(name, CString.encode(name + "=" + value, "a variable"));
        return this;
    }

    /** Begins with an empty environment, instead of the supervisor's; also forgets what {@link #env} has set so far. */
    public WorkerBuilder clearEnv() {
        environmentCleared = true;
        environment.clear();
        return this;
    }

    /** Where the worker starts; a program named with a slash is looked for from there. Default: the supervisor's. */
    public WorkerBuilder directory(Path path) {
        String name = KernelPath.of(path);
        directory =
                name.isEmpty() ? "." : name; // the empty path is the current directory to Java, and nothing to chdir(2)
        CString.encode(directory, "the directory");
        return this;
    }

    /**
     * Default {@link Stdio#INHERIT}.
     *
     * @throws IllegalArgumentException if it captures output
     */
    public WorkerBuilder stdin(Stdio stdio) {
        if (stdio.isCaptured()) {
            throw new IllegalArgumentException("standard input has nothing to capture");
        }
        standardInput = Objects.requireNonNull(stdio, "stdio");
        return this;
    }

    /** Default {@link Stdio#INHERIT}. */
    public WorkerBuilder stdout(Stdio stdio) {
        standardOutput = Objects.requireNonNull(stdio, "stdio");
        return this;
    }

    /** Default {@link Stdio#INHERIT}. */
    public WorkerBuilder stderr(Stdio stdio) {
        standardError = Objects.requireNonNull(stdio, "stdio");
        return this;
    }

    /** The number of the worker's end, 3 to 255, which {@code EVLOOP_FD} tells it. Default 3. */
    public WorkerBuilder pipeFd(int fd) {
        if (fd < MIN_PIPE_FD || fd > MAX_PIPE_FD) {
            throw new IllegalArgumentException("descriptor " + fd + " is outside " + MIN_PIPE_FD + ".." + MAX_PIPE_FD);
        }
        pipeFd = fd;
        return this;
    }

    /** Gives it a process group of its own, as a session does: a Ctrl-C at the supervisor's terminal does not reach it. */
    public WorkerBuilder newProcessGroup() {
        group = group == Native.SESSION_OWN ? group : Native.GROUP_OWN;
        return this;
    }

    /** Gives it a session of its own, without a terminal, and so a process group, too: {@code setsid(2)}. */
    public WorkerBuilder newSession() {
        group = Native.SESSION_OWN;
        return this;
    }

    /** Its nice value, -20 to 19, {@code setpriority(2)}; below the supervisor's only with CAP_SYS_NICE. */
    public WorkerBuilder nice(int value) {
        if (value < MIN_NICE || value > MAX_NICE) {
            throw new IllegalArgumentException("nice " + value + " is outside " + MIN_NICE + ".." + MAX_NICE);
        }
        nice = "nice=" + value;
        return this;
    }

    /**
     * Limits it by {@code setrlimit(2)}, before its program begins.
     *
     * @param soft what is enforced, 0 or more, or {@link ResourceLimit#UNLIMITED}
     * @param hard what it may raise the soft limit to; raising this one takes CAP_SYS_RESOURCE
     */
    public WorkerBuilder limit(ResourceLimit resource, long soft, long hard) {
        if (soft < ResourceLimit.UNLIMITED || hard < ResourceLimit.UNLIMITED || Long.compareUnsigned(soft, hard) > 0) {
            throw new IllegalArgumentException(resource + " limits " + soft + " and " + hard);
        }
        resourceLimits.put(resource, resource.option(soft, hard));
        return this;
    }

    /** Sets {@code no_new_privs}, {@code prctl(2)}: no program that it executes gains privileges, by a set-user-ID bit, say. */
    public WorkerBuilder noNewPrivileges() {
        privileges.clear();
        privileges.add("no-new-privs");
        return this;
    }

    // the pipe ---------------------------------------------------------------------------------------------------

    /** The pipe's {@link Connection#tag()}. Default 0. */
    public WorkerBuilder tag(int number) {
        tag = number;
        return this;
    }

    /**
     * Bytes to ask for as the socket buffers of both ends, 1 or more; the kernel caps them at {@code net.core.wmem_max} and
     * {@code rmem_max}. Default 4 MiB.
     */
    public WorkerBuilder socketBuffer(int bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("socketBuffer must be 1 or more, not " + bytes);
        }
        socketBuffer = bytes;
        return this;
    }

    /** The limits of the pipe. Default {@link PipeOptions#DEFAULT}. */
    public WorkerBuilder limits(PipeOptions options) {
        pipeOptions = Objects.requireNonNull(options, "options");
        return this;
    }

    /** Whoever was to get the frames, of all channels or of one, gets them no more. */
    WorkerBuilder withoutFrameHandlers() {
        frameHandler = null;
        channelHandlers.clear();
        readableHandler = null;
        return this;
    }

    /** See {@link Pipe#onFrame(FrameHandler)}. */
    public WorkerBuilder onFrame(FrameHandler handler) {
        checkMode(handler == null || readableHandler == null);
        frameHandler = handler;
        return this;
    }

    /** See {@link Pipe#onFrame(int, FrameHandler)}. */
    public WorkerBuilder onFrame(int channelId, FrameHandler handler) {
        FrameLayout.checkFrame(channelId, 1, 1);
        if (handler == null) {
            channelHandlers.remove(channelId);
        } else {
            checkMode(readableHandler == null);
            channelHandlers.put(channelId, handler);
        }
        return this;
    }

    /** See {@link Pipe#onReadable}. */
    public WorkerBuilder onReadable(Consumer<Pipe> handler) {
        checkMode(handler == null || frameHandler == null && channelHandlers.isEmpty());
        readableHandler = handler;
        return this;
    }

    private static void checkMode(boolean right) {
        if (!right) {
            throw new IllegalStateException("a pipe either pushes (onFrame) or is pulled (onReadable)");
        }
    }

    /** See {@link Pipe#onDrain}. */
    public WorkerBuilder onDrain(Consumer<Pipe> handler) {
        drainHandler = handler;
        return this;
    }

    /** See {@link Pipe#onEnd}. */
    public WorkerBuilder onEnd(Consumer<Pipe> handler) {
        endHandler = handler;
        return this;
    }

    /** See {@link Pipe#onClose}. */
    public WorkerBuilder onClose(CloseHandler handler) {
        closeHandler = handler;
        return this;
    }

    /** Called exactly once, after {@code onClose}. */
    public WorkerBuilder onExit(ExitHandler handler) {
        exitHandler = handler;
        return this;
    }

    /**
     * Spawns the worker. Loop thread only. When this returns the program runs; its frames come in the loop's turns.
     *
     * @throws IOException if the program cannot be run, as in {@code exec python3: ENOENT (No such file or directory)}, or
     *     if a descriptor or a process is not to be had; then no process and no descriptor is left
     */
    public Worker start(EventLoop loop) throws IOException {
        loop.checkThread();
        return new WorkerStart(loop.openContext(), this).start();
    }

    // for WorkerStart --------------------------------------------------------------------------------------------

    Spawn spawn() {
        List<byte[]> variables = new ArrayList<>(environment.values());
        variables.add((InheritedFd.VARIABLE + "=" + pipeFd).getBytes(StandardCharsets.US_ASCII));
        List<String> helperOptions = new ArrayList<>(resourceLimits.values());
        if (nice != null) {
            helperOptions.add(nice);
        }
        helperOptions.addAll(privileges);
        return new Spawn(program, arguments, variables, !environmentCleared, directory, group, helperOptions);
    }

    void setHandlers(Pipe pipe) {
        if (readableHandler != null) {
            pipe.onReadable(readableHandler);
        }
        if (frameHandler != null) {
            pipe.onFrame(frameHandler);
        }
        channelHandlers.forEach(pipe::onFrame);
        pipe.onDrain(drainHandler).onEnd(endHandler).onClose(closeHandler);
    }

    String program() {
        return program;
    }

    Stdio[] standardStreams() {
        return new Stdio[] {standardInput, standardOutput, standardError};
    }

    int pipeFd() {
        return pipeFd;
    }

    int tag() {
        return tag;
    }

    int socketBuffer() {
        return socketBuffer;
    }

    PipeOptions limits() {
        return pipeOptions;
    }

    ExitHandler exitHandler() {
        return exitHandler;
    }
}
