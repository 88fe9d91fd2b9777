/**
 * Benchmarks of evloop's own parts with JMH: {@code java -jar benchmarks/target/benchmarks.jar}, with {@code -prof gc} for the
 * bytes allocated per frame. One operation is one frame, call, timer or task. Whoever receives frames checks each of them:
 * channel, length, sequence number and content; a wrong one ends the run. The comparison with others is in {@link
 * io.evloop.bench.compare}.
 */
package io.evloop.bench;
