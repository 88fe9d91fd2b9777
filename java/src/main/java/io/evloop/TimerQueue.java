package io.evloop;

import java.util.Arrays;

/**
 * Pending timers in a heap of four children a node, which is shallower than a binary one and kinder to the cache. Equal
 * deadlines keep the order in which they were scheduled. Loop thread only.
 */
final class TimerQueue {

    private static final int INITIAL_CAPACITY = 16;
    private static final int CHILDREN = 4;

    private Timer[] heap = new Timer[INITIAL_CAPACITY];
    private int size;
    private long nextSequence;

    Timer add(EventLoop loop, long deadlineNanos, Runnable task) {
        Timer timer = new Timer(loop, this, deadlineNanos, nextSequence++, task);
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        siftUp(size, timer); // without stack for that nothing has changed
        size++;
        return timer;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** The earliest deadline, of {@code System.nanoTime()}; only if there is one. */
    long nextDeadlineNanos() {
        return heap[0].deadlineNanos;
    }

    /** The sequence number that the next timer will get: those below were scheduled before now. */
    long nextSequence() {
        return nextSequence;
    }

    /** Takes the earliest timer out if it is due at {@code nowNanos} and was scheduled before {@code sequence}. */
    Timer pollDue(long nowNanos, long sequence) {
        if (size == 0) {
            return null;
        }
        Timer first = heap[0];
        if (first.deadlineNanos - nowNanos > 0 || first.sequence >= sequence) {
            return null;
        }
        remove(first);
        return first;
    }

    boolean remove(Timer timer) {
        int index = timer.index;
        if (index < 0) {
            return false;
        }
        int end = size - 1;
        Timer last = heap[end];
        if (last != timer) { // without stack for that nothing has changed
            if (index > 0 && isBefore(last, heap[(index - 1) / CHILDREN])) {
                siftUp(index, last);
            } else {
                siftDown(index, last, end);
            }
        }
        heap[end] = null;
        size = end;
        timer.index = -1;
        return true;
    }

    void clear() {
        for (int index = 0; index < size; index++) {
            heap[index].index = -1;
        }
        Arrays.fill(heap, 0, size, null);
        size = 0;
    }

    private static boolean isBefore(Timer a, Timer b) {
        long difference = a.deadlineNanos - b.deadlineNanos; // wraps as nanoTime may
        return difference < 0 || difference == 0 && a.sequence < b.sequence;
    }

    private void siftUp(int from, Timer timer) {
        int to = from;
        while (to > 0 && isBefore(timer, heap[(to - 1) / CHILDREN])) {
            to = (to - 1) / CHILDREN;
        }
        int index = from; // from here on there is no call, which could fail for want of stack
        while (index > to) {
            int parent = (index - 1) / CHILDREN;
            heap[index] = heap[parent];
            heap[index].index = index;
            index = parent;
        }
        heap[index] = timer;
        timer.index = index;
    }

    /** Calls nothing, not even {@link #isBefore}: a call could fail half-way for want of stack. */
    private void siftDown(int from, Timer timer, int end) {
        int index = from;
        int child;
        while ((child = index * CHILDREN + 1) < end) {
            Timer least = timer;
            int leastIndex = index;
            int limit = child + CHILDREN < end ? child + CHILDREN : end;
            for (; child < limit; child++) {
                Timer other = heap[child];
                long difference = other.deadlineNanos - least.deadlineNanos;
                if (difference < 0 || difference == 0 && other.sequence < least.sequence) {
                    least = other;
                    leastIndex = child;
                }
            }
            if (least == timer) {
                break;
            }
            heap[index] = least;
            least.index = index;
            index = leastIndex;
        }
        heap[index] = timer;
        timer.index = index;
    }
}
