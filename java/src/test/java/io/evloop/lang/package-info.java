/** What every end of the wire must do, in each language: the vectors of WIRE.md, and workers of a real supervisor. */
package io.evloop.lang;
