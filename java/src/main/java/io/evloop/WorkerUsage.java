package io.evloop;

import java.time.Duration;

/**
 * What a worker has cost, as {@code waitid(2)} told when it had left: itself and those of its children that it waited for.
 *
 * @param userTime CPU time in user mode
 * @param systemTime CPU time in the kernel
 * @param maxResidentBytes the most memory that was resident at one time, or the most that this JVM had, if that is more: the
 *     kernel lets a process that was spawned begin with its parent's record
 * @param coreDumped whether a core file was written
 */
public record WorkerUsage(Duration userTime, Duration systemTime, long maxResidentBytes, boolean coreDumped) {}
