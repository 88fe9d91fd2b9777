/**
 * What must hold whatever two threads do at the same moment, for jcstress, which runs each pair of actors at once, many
 * thousand times. What an outcome that is forbidden would mean stands beside it. A state that opens a loop takes
 * descriptors, and a run makes {@code strideSize * strideCount} states in advance.
 */
package io.evloop.stress;
