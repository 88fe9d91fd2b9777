/**
 * Benchmarks of evloop's own parts with JMH: {@code java -jar benchmarks/target/benchmarks.jar}, with {@code -prof gc} for the
 * bytes allocated per frame. One operation is one frame, call, timer or task. Their receivers check each frame: channel,
 * length, sequence number and content; a wrong one ends the run. Beside them, programs that weigh idle pipes and time quiet
 * ones. The comparison with others is in {@link io.evloop.bench.compare}.
 */
package io.evloop.bench;
