package io.evloop;

/**
 * Who was at the other end of a Unix socket when it connected, or, seen from there, when it began to listen, as the kernel
 * knows it: {@code SO_PEERCRED} of {@code unix(7)}. The process may be gone by now and its number be another's: see
 * {@link SocketHandle#openPidFd}.
 *
 * @param pid 0 if it is in a pid namespace that is not visible here
 * @param uid the effective user, an unsigned number
 * @param gid the effective group, an unsigned number
 */
public record PeerCredentials(int pid, int uid, int gid) {}
