package io.evloop.sys;

import java.nio.ByteBuffer;

/**
 * Every native of evloop, one per system call. Arguments are ints and longs; an address comes from {@link #addressOf}
 * and stays in this package and in {@code io.evloop.buffer}. Unless a method says otherwise it may be called by any
 * thread and returns {@code >= 0}, or {@code -errno} of the system call it is named after. None throws, none calls back
 * into Java.
 */
public final class Native {

    static {
        NativeLibrary.load();
        SignatureClasses.load();
    }

    private Native() {}

    // memory and layout ------------------------------------------------------------------------------------------

    /** The address of the first byte of a direct buffer; 0 if {@code buffer} is not direct. */
    public static native long addressOf(ByteBuffer buffer);

    /** {@code sizeof(struct epoll_event)}: 12 on x86-64, where it is packed, 16 elsewhere. */
    public static native int epollEventSize();

    /** Offset of {@code events} in {@code struct epoll_event}. */
    public static native int epollEventEventsOffset();

    /** Offset of {@code data} in {@code struct epoll_event}. */
    public static native int epollEventDataOffset();

    /** {@code sizeof(struct iovec)}. */
    public static native int ioVectorSize();

    /** Offset of {@code iov_base} in {@code struct iovec}. */
    public static native int ioVectorBaseOffset();

    /** Offset of {@code iov_len} in {@code struct iovec}. */
    public static native int ioVectorLengthOffset();

    /** {@code IOV_MAX}: the most entries that one {@code writev(2)} takes. */
    public static native int ioVectorMax();

    // epoll(7), eventfd(2) ---------------------------------------------------------------------------------------

    /** {@code epoll_create1(EPOLL_CLOEXEC)}. */
    public static native int epollCreate();

    /** {@code epoll_ctl(2)}; {@code events} and {@code token} are ignored by {@code EPOLL_CTL_DEL}. */
    public static native int epollControl(int epollFd, int operation, int fd, int events, long token);

    /**
     * Waits by {@code epoll_pwait2(2)}; where the kernel has none (before 5.11), by {@code epoll_wait(2)} with the
     * timeout rounded up to a millisecond. Interrupted by a signal it returns 0: the caller knows the deadline.
     *
     * @param timeoutNanos below 0: without limit
     */
    public static native int epollWait(int epollFd, long events, int maxEvents, long timeoutNanos);

    /** {@code eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}. */
    public static native int eventFd();

    /** Adds 1 to an eventfd. */
    public static native int eventFdWrite(int fd);

    // byte streams -----------------------------------------------------------------------------------------------

    /** {@code read(2)}, retried when interrupted; 0 is the end of the stream. */
    public static native int read(int fd, long address, int length);

    /** {@code write(2)}, retried when interrupted, with SIGPIPE held back: a lost reader is only {@code -EPIPE}. */
    public static native int write(int fd, long address, int length);

    /** {@code writev(2)}, retried when interrupted, with SIGPIPE held back as in {@link #write}. */
    public static native int writev(int fd, long ioVectors, int count);

    /** {@code send(2)} with {@code MSG_NOSIGNAL}, retried when interrupted. */
    public static native int send(int socket, long address, int length);

    /** {@code sendmsg(2)} of an {@code iovec} array with {@code MSG_NOSIGNAL}, retried when interrupted. */
    public static native int sendv(int socket, long ioVectors, int count);

    /**
     * {@code close(2)}, never retried: on Linux the descriptor is gone even when it reports EINTR. In the place of a standard
     * one, 0 to 2, {@code /dev/null} is left: or else a later descriptor would get the number, and what is printed.
     */
    public static native int close(int fd);

    /** {@code open(2)} with {@code O_CLOEXEC} added; {@code path} is the address of a NUL-terminated string. */
    public static native int open(long path, int flags, int mode);

    /** {@code pipe2(O_CLOEXEC)}: the read end in the upper 32 bits, the write end in the lower; or {@code -errno}. */
    public static native long pipe();

    // descriptors ------------------------------------------------------------------------------------------------

    /** {@code fcntl(F_GETFL)}: access mode and status flags. */
    public static native int statusFlags(int fd);

    /** Sets {@code O_NONBLOCK} ({@code on} = 1) or clears it (0) by {@code fcntl(F_SETFL)}. */
    public static native int setNonBlocking(int fd, int on);

    /** {@code fcntl(F_GETFD)}: 1 = close-on-exec. */
    public static native int descriptorFlags(int fd);

    /** Sets {@code FD_CLOEXEC} ({@code on} = 1) or clears it (0) by {@code fcntl(F_SETFD)}. */
    public static native int setCloseOnExec(int fd, int on);

    /** 1 if {@code fstat(2)} calls the descriptor a socket, else 0. */
    public static native int isSocket(int fd);

    /** {@code ioctl(FIONREAD)}: bytes that are there to be read. */
    public static native int unreadBytes(int fd);

    // sockets ----------------------------------------------------------------------------------------------------

    /** {@code socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC)}: one end in the upper 32 bits, one in the lower. */
    public static native long socketPair();

    /** {@code shutdown(SHUT_WR)}. */
    public static native int shutdownOutput(int socket);

    /** {@code setsockopt(SO_SNDBUF)}: bytes, which the kernel doubles and caps at {@code net.core.wmem_max}. */
    public static native int setSendBuffer(int socket, int bytes);

    /** {@code setsockopt(SO_RCVBUF)}: bytes, which the kernel doubles and caps at {@code net.core.rmem_max}. */
    public static native int setReceiveBuffer(int socket, int bytes);

    /** {@code getsockopt(SO_SNDBUF)}: what the kernel granted. */
    public static native int sendBuffer(int socket);

    /** {@code getsockopt(SO_RCVBUF)}: what the kernel granted. */
    public static native int receiveBuffer(int socket);

    /** {@code socket(SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)}. */
    public static native int socket(int family);

    /** {@code socket(SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC)}. */
    public static native int datagramSocket(int family);

    /** {@code bind(2)}; {@code address} is that of a {@code struct sockaddr}. */
    public static native int bind(int socket, long address, int length);

    /** {@code listen(2)}; the kernel caps the backlog at {@code net.core.somaxconn}. */
    public static native int listen(int socket, int backlog);

    /** {@code accept4(SOCK_NONBLOCK | SOCK_CLOEXEC)}, retried when interrupted. */
    public static native int accept(int socket);

    /** {@code connect(2)}; {@code -EINPROGRESS}, also when it was interrupted: {@code EPOLLOUT} tells that it is over. */
    public static native int connect(int socket, long address, int length);

    /** {@code getsockopt(SO_ERROR)}: the pending error as a positive number, which is cleared; 0 = none. */
    public static native int socketError(int socket);

    /** {@code getsockname(2)}: the length of the address. */
    public static native int localAddress(int socket, long address, int capacity);

    /** {@code getpeername(2)}: the length of the address. */
    public static native int peerAddress(int socket, long address, int capacity);

    /** {@code setsockopt(SO_REUSEADDR, 1)}. */
    public static native int setReuseAddress(int socket);

    /** {@code setsockopt(SO_REUSEPORT, 1)}. */
    public static native int setReusePort(int socket);

    /** {@code setsockopt(TCP_NODELAY)}. */
    public static native int setNoDelay(int socket, int on);

    /** {@code getsockopt(SO_DOMAIN)}: {@link #AF_UNIX} and so on. */
    public static native int socketDomain(int socket);

    /** {@code getsockopt(SO_TYPE)}: {@link #SOCK_STREAM} and so on. */
    public static native int socketType(int socket);

    /** {@code setsockopt(SO_PASSCRED, 0)} and the like: what is received comes with descriptors, and with nothing else. */
    public static native int passOnlyRights(int socket);

    /** {@code getsockopt(SO_ACCEPTCONN)}: 1 if it listens, else 0. */
    public static native int isListening(int socket);

    /** {@code getsockopt(SO_PEERCRED)}: fills in three ints, pid, uid and gid. */
    public static native int peerCredentials(int socket, long credentials);

    /** {@code getsockopt(SO_PEERPIDFD)}: a pidfd, close-on-exec; {@code -ENOPROTOOPT} before Linux 6.5. */
    public static native int peerPidFd(int socket);

    /** {@code fchmod(2)}; on a socket that is not bound it is the mode that its file will have from birth. */
    public static native int setMode(int fd, int mode);

    /** {@code lstat(2)}: fills in two longs, device and inode. */
    public static native int fileId(long path, long id);

    /** {@code unlink(2)}. */
    public static native int unlink(long path);

    // socket addresses, in the machine's byte order but for port and internet address ----------------------------

    public static final int AF_UNIX = 1;
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;
    public static final int SOCK_STREAM = 1;

    /** Of the largest of them, a {@code struct sockaddr_un}. */
    public static final int ADDRESS_SIZE = 110;

    /** short: the family. */
    public static final int ADDRESS_FAMILY_OFFSET = 0;

    public static final int UNIX_PATH_OFFSET = 2;

    /** unsigned short, big-endian. */
    public static final int INET_PORT_OFFSET = 2;

    public static final int INET_ADDRESS_OFFSET = 4;
    public static final int INET_SIZE = 16;
    public static final int INET6_ADDRESS_OFFSET = 8;

    /** int: the number of an interface, for link-local addresses. */
    public static final int INET6_SCOPE_OFFSET = 24;

    public static final int INET6_SIZE = 28;

    // descriptors as messages: SCM_RIGHTS of unix(7) -------------------------------------------------------------

    /** {@code fcntl(F_DUPFD_CLOEXEC)}. */
    public static native int duplicate(int fd);

    /** {@code sendmsg(2)} of bytes, at least one, with a descriptor, which stays the caller's; {@code MSG_NOSIGNAL}. */
    public static native int sendFd(int socket, long address, int length, int fd);

    /**
     * {@code recvmsg(MSG_CMSG_CLOEXEC)}, retried when interrupted: the bytes, and at {@code rights} what came with them.
     *
     * @param rights address of {@link #RIGHTS_SIZE} bytes, which are filled in unless the result is negative
     * @param capacity descriptors to take, 1 to {@link #RIGHTS_MAX}; the kernel closes what is beyond
     */
    public static native int receive(int socket, long address, int length, long rights, int capacity);

    /** The most descriptors that one message carries. */
    public static final int RIGHTS_MAX = 253;

    /** int: descriptors received. */
    public static final int RIGHTS_COUNT_OFFSET = 0;

    /** int: 1 if not all that were sent have arrived, else 0. */
    public static final int RIGHTS_TRUNCATED_OFFSET = 4;

    /** ints: the descriptors. */
    public static final int RIGHTS_FDS_OFFSET = 8;

    /** Size of what {@link #receive} fills in. */
    public static final int RIGHTS_SIZE = 1020;

    // processes --------------------------------------------------------------------------------------------------

    /**
     * {@code posix_spawnp(3)} of a worker. Each block is a run of NUL-terminated strings. In the child the signal mask
     * is empty and every disposition default, {@code workerFd} is open as {@code targetFd} without close-on-exec, and
     * every other descriptor above 2 is closed. Descriptors handed in stay the caller's.
     *
     * @param directory address of a NUL-terminated path to start in, or 0 for the parent's
     * @param numbers address of {@link #SPAWN_NUMBERS} ints in native order, in the places of {@link #SPAWN_STDIN} and so on
     * @return the pid, or {@code -errno} of what failed, {@code execve(2)} included; then no child is left
     */
    public static native int spawn(
            long arguments,
            int argumentsLength,
            int argumentCount,
            long environment,
            int environmentLength,
            int environmentCount,
            long directory,
            long numbers);

    /** A descriptor that becomes 0 in the child, or -1: the parent's 0 is inherited. */
    public static final int SPAWN_STDIN = 0;

    /** The same for 1. */
    public static final int SPAWN_STDOUT = 1;

    /** The same for 2. */
    public static final int SPAWN_STDERR = 2;

    /** The worker's end of the pipe. */
    public static final int SPAWN_WORKER = 3;

    /** The number that the worker's end gets, 3 to 255. */
    public static final int SPAWN_TARGET = 4;

    /** 0 = the parent's process group, {@link #GROUP_OWN} or {@link #SESSION_OWN}. */
    public static final int SPAWN_GROUP = 5;

    /** The executable of the helper, which then is the one that is executed; or -1: none. */
    public static final int SPAWN_HELPER = 6;

    /** The write end of the pipe by which the helper tells what failed. */
    public static final int SPAWN_STATUS = 7;

    /** 1: this process's environment is inherited, but for the variables that the one handed in has; 0: it is not. */
    public static final int SPAWN_INHERIT = 8;

    /** How many numbers there are. */
    public static final int SPAWN_NUMBERS = 9;

    /** A process group of its own. */
    public static final int GROUP_OWN = 1;

    /** A session of its own. */
    public static final int SESSION_OWN = 2;

    /** {@code memfd_create(MFD_CLOEXEC)}; {@code name} is the address of a NUL-terminated string. */
    public static native int memFd(long name);

    /** {@code pidfd_open(2)}: close-on-exec from birth. */
    public static native int pidFdOpen(int pid);

    /** {@code pidfd_send_signal(2)}: {@code -ESRCH} once the process was reaped, never a stranger's pid. */
    public static native int pidFdSignal(int pidFd, int signal);

    /**
     * Reaps by {@code waitid(P_PIDFD, WEXITED | WNOHANG)}. If the process has ended, fills the {@link #EXIT_SIZE} bytes
     * at {@code exit} in native order and returns 1; returns 0 while it runs.
     */
    public static native int reap(int pidFd, long exit);

    /** Size of what {@link #reap} fills in. */
    public static final int EXIT_SIZE = 40;

    /** int: exit code 0 to 255, or -1 if a signal killed it. */
    public static final int EXIT_CODE_OFFSET = 0;

    /** int: the signal that killed it, or 0. */
    public static final int EXIT_SIGNAL_OFFSET = 4;

    /** int: 1 if it dumped core, else 0. */
    public static final int EXIT_CORE_OFFSET = 8;

    /** long: user CPU time, microseconds. */
    public static final int EXIT_USER_MICROS_OFFSET = 16;

    /** long: system CPU time, microseconds. */
    public static final int EXIT_SYSTEM_MICROS_OFFSET = 24;

    /** long: maximum resident set size, bytes. */
    public static final int EXIT_MAX_RESIDENT_OFFSET = 32;

    /** Kills a child that has no pidfd yet by SIGKILL and reaps it: for a failed start only. */
    public static native int killAndReap(int pid);

    // errors, threads --------------------------------------------------------------------------------------------

    /**
     * Writes the symbolic name of an errno ("ENOENT") in ASCII, without a NUL.
     *
     * @return its length in bytes, at most {@code capacity}; 0 if the number has no name
     */
    public static native int errnoName(int errno, long address, int capacity);

    /** Writes the text of {@code strerror_r(3)}, without a NUL; returns its length in bytes, at most {@code capacity}. */
    public static native int errnoMessage(int errno, long address, int capacity);

    /** Binds the calling thread to one CPU by {@code sched_setaffinity(2)}. */
    public static native int setAffinity(int cpu);
}
