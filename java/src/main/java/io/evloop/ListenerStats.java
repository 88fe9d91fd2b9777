package io.evloop;

/** Counters of one {@link Listener} since it was opened, for the loop's thread: another may never see a change. */
public final class ListenerStats {

    long accepted;
    long refused;
    long failed;
    long exhaustions;

    ListenerStats() {}

    /** Connections handed to the {@link AcceptHandler}. */
    public long accepted() {
        return accepted;
    }

    /** Connections closed because of {@link ListenOptions.Builder#allowUids}. */
    public long refused() {
        return refused;
    }

    /** Connections that were gone before they were accepted, as {@code accept(2)} reports them. */
    public long failed() {
        return failed;
    }

    /** How often accepting was suspended for want of descriptors or memory, or by an unforeseen error. */
    public long exhaustions() {
        return exhaustions;
    }

    @Override
    public String toString() {
        return "ListenerStats[accepted=" + accepted + ", refused=" + refused + ", failed=" + failed + ", exhaustions="
                + exhaustions + "]";
    }
}
