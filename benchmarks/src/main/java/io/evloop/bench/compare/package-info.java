/**
 * The side-by-side benchmark: {@link io.evloop.bench.compare.Compare} starts two processes for each measurement, those of
 * each competitor in turn, and reports every figure as a ratio to the best C program of the same run.
 */
package io.evloop.bench.compare;
