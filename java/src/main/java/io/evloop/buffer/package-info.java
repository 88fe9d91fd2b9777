/**
 * Off-heap memory with an owner: buffers that are read into and written from by descriptor, the pool that keeps them warm,
 * the unread input and the unsent output of one stream. The only package that knows addresses. Not exported.
 */
package io.evloop.buffer;
