/** The epoll binding alone: for those who have a loop of their own and want only the kernel's readiness. */
package io.evloop.epoll;
