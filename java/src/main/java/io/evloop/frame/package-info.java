/**
 * Frames as bytes, without a descriptor: a header of 6 bytes and a payload.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-------------------------------+-------------------------------+
 * |          channel id           |         length, upper half    |
 * +-------------------------------+-------------------------------+
 * |      length, lower half       |         payload             ...
 * +-------------------------------+-------------------------------+
 * </pre>
 *
 * Both fields are unsigned and big-endian; the length counts the payload alone, 1 to 64 MiB.
 */
package io.evloop.frame;
