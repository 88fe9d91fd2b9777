package io.evloop;

import java.util.Arrays;

/** Settings of a {@link Listener}. Immutable. */
public final class ListenOptions {

    /** What a listener has unless it is told otherwise. */
    public static final ListenOptions DEFAULT = builder().build();

    private static final int DEFAULT_BACKLOG = 4096;
    private static final int DEFAULT_ACCEPTS_PER_TURN = 64;

    private final int backlog;
    private final int acceptsPerTurn;
    private final boolean reusePort;
    private final int[] allowedUids;

    private ListenOptions(Builder builder) {
        this.backlog = builder.backlog;
        this.acceptsPerTurn = builder.acceptsPerTurn;
        this.reusePort = builder.reusePort;
        this.allowedUids = builder.allowedUids;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Connections that wait to be accepted, as asked of the kernel. */
    public int backlog() {
        return backlog;
    }

    /** Connections accepted before others of the loop get their turn. */
    public int acceptsPerTurn() {
        return acceptsPerTurn;
    }

    /** Whether listeners that all ask for it share the port. */
    public boolean reusePort() {
        return reusePort;
    }

    /** Whether connections of some users alone are accepted. */
    public boolean filtersUids() {
        return allowedUids != null;
    }

    /** Whether connections of this user are accepted. */
    public boolean allowsUid(int uid) {
        return allowedUids == null || Arrays.binarySearch(allowedUids, uid) >= 0;
    }

    /** Builds {@link ListenOptions}. */
    public static final class Builder {

        private int backlog = DEFAULT_BACKLOG;
        private int acceptsPerTurn = DEFAULT_ACCEPTS_PER_TURN;
        private boolean reusePort;
        private int[] allowedUids;

        private Builder() {}

        /** Connections that may wait, 1 or more; the kernel caps it at {@code net.core.somaxconn}. Default 4096. */
        public Builder backlog(int backlog) {
            this.backlog = positive(backlog, "backlog");
            return this;
        }

        /** Connections to accept before others of the loop get their turn, 1 or more. Default 64. */
        public Builder acceptsPerTurn(int acceptsPerTurn) {
            this.acceptsPerTurn = positive(acceptsPerTurn, "acceptsPerTurn");
            return this;
        }

        /**
         * Lets listeners of other loops, or of other processes of the same user, have the same TCP port, if all of them ask
         * for it: the kernel spreads connections over them. See {@code SO_REUSEPORT} in {@code socket(7)}.
         */
        public Builder reusePort() {
            this.reusePort = true;
            return this;
        }

        /**
         * Closes at once, and counts, whatever comes over a Unix socket from another user than these. By default whoever can
         * reach it is accepted: for a path that is the own user and root, for an abstract name everybody.
         */
        public Builder allowUids(int... uids) {
            this.allowedUids = uids.clone();
            Arrays.sort(this.allowedUids);
            return this;
        }

        public ListenOptions build() {
            return new ListenOptions(this);
        }

        private static int positive(int value, String name) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " must be 1 or more, not " + value);
            }
            return value;
        }
    }
}
