/** What the tests share: the leak check, waiting by deadline, raw descriptors of an evil peer. */
package io.evloop.testing;
