/** The soak: everything at once for a long time, by {@link io.evloop.soak.Soak}. */
package io.evloop.soak;
