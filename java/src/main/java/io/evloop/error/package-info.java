/** The exceptions that users catch. The bottom layer: everything may throw them, and they know nothing of evloop. */
package io.evloop.error;
