/**
 * The Java programs that are measured: one process is one side of one competitor. What a side does (what it sends, how it
 * checks what it gets, when it measures) is a {@link io.evloop.bench.compare.peer.Party}, the same for every competitor;
 * how the bytes travel is a {@link io.evloop.bench.compare.peer.Transport}. In a process there is one class of each, so
 * that the compiler sees through both interfaces.
 */
package io.evloop.bench.compare.peer;
