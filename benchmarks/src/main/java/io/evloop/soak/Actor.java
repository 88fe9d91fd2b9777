package io.evloop.soak;

/** Something that goes on on the loop of the soak until it is told to leave off. Loop thread only. */
interface Actor {

    void begin();

    /** Begins nothing new from now on; what is under way comes to its end. */
    void leaveOff();

    /** Whether nothing is under way any more. */
    boolean isIdle();
}
