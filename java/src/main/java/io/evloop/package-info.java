/**
 * Worker processes and framed messages over private socketpairs, on an epoll loop of one thread.
 *
 * <pre>
 *   supervisor (this JVM)                                             worker (any language)
 *  +-----------------------------------------------------------+
 *  | writeFrame -> OutputQueue --- send --+                     |     socketpair
 *  |                                      +====================== fd 3, named by EVLOOP_FD
 *  | onFrame &lt;- FrameReader &lt;- InputBuffer &lt;- read --+          |
 *  |        \______ ready list: a few frames a turn  |          |
 *  |                                                 |          |
 *  | EventLoop:  timers, tasks -> flush -> epoll_wait -> events -> ready list -> closes
 *  |                                          |                 |
 *  | onExit &lt;- waitid &lt;------------------- pidfd                |
 *  +-----------------------------------------------------------+
 * </pre>
 *
 * Three tiers, each usable alone: {@link io.evloop.Worker} and {@link io.evloop.Pipe}; {@link io.evloop.EventLoop} and
 * {@link io.evloop.Connection}; {@link io.evloop.epoll.Epoll}.
 */
package io.evloop;
