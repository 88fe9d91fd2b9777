package io.evloop;

import io.evloop.buffer.OutputQueue;

/** What a connection does with its bytes: hands them on as they are, or as frames. Called in the loop's turn. */
interface Protocol {

    /** Whether bytes should be read at all: somebody will take them. */
    boolean wantsInput();

    /** The most unread bytes to hold. */
    int unreadLimit();

    /**
     * Where a read had better stop, in unread bytes: behind a large record of which a part is there, as nothing is left to be
     * moved then. 0: anywhere.
     */
    int readGoal();

    /** Bytes of the block to read into, at the least. */
    int readCapacity();

    /** Bytes arrived or reading was resumed: what was declined before is offered again. */
    void onInput();

    /** Whether something unread can be delivered now. */
    boolean isReady();

    /** Whether something complete is unread, ready or declined: the end of the stream waits for it. */
    boolean holdsEnd();

    /**
     * Delivers up to {@code limit} pieces, and no further one once {@code bytes} were delivered; how many. What a handler
     * throws passes through.
     */
    int deliver(int limit, int bytes);

    /** What it means that the stream ends here: null = a clean end. */
    Throwable truncation();

    /** The peer half-closed. Returns whether the connection stays open for writing. */
    boolean onEnd();

    /** Nothing more is written: what is waiting elsewhere is appended to the queue. */
    void finishOutput();

    void onDrain();

    void onClose(Throwable cause);

    /** What the user knows the connection as, for errors. */
    Object owner();

    /** How many of the queued records are unsent. */
    long unsentRecords(OutputQueue queue);
}
