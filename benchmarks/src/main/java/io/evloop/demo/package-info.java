/**
 * The demonstration: {@link io.evloop.demo.Demo} starts workers in three languages, sends them frames, and checks every
 * byte that comes back.
 */
package io.evloop.demo;
