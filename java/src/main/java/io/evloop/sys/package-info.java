/**
 * The bridge to the kernel: every native, the loader of the library, and what turns {@code -errno} into exceptions. Not
 * exported.
 */
package io.evloop.sys;
