package io.evloop;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The places of a {@link Supervisor}'s workers: which of them gets a request, and what they owe together. Loop thread only. */
final class SupervisedPool {

    private final SupervisedWorker[] members;
    private final Supervisor.Balance balance;
    private int next;

    SupervisedPool(Supervisor supervisor, WorkerBuilder command, int workers, Supervisor.Balance balance) {
        this.balance = balance;
        members = new SupervisedWorker[workers];
        for (int index = 0; index < workers; index++) {
            members[index] = new SupervisedWorker(supervisor, command);
        }
    }

    void start() throws IOException {
        for (SupervisedWorker member : members) {
            member.start();
        }
    }

    /** Tries the one whose turn it is, then the others; the result of the one that accepted, or else of the last one. */
    WriteResult request(long requestId, int channelId, ByteBuffer payload) {
        int first = choose();
        if (first < 0) {
            return WriteResult.FULL;
        }
        next = (first + 1) % members.length;
        WriteResult result = members[first].request(requestId, channelId, payload);
        for (int index = 0; !result.isAccepted() && index < members.length; index++) {
            if (index != first && members[index].isReady()) {
                result = members[index].request(requestId, channelId, payload);
            }
        }
        return result == WriteResult.ABOVE_HIGH_WATER && hasRoom() ? WriteResult.OK : result;
    }

    /** Whether somebody can be sent more at once: the drain of the one that cannot may be long in coming. */
    private boolean hasRoom() {
        for (SupervisedWorker member : members) {
            if (member.isReady() && !member.isStalled()) {
                return true;
            }
        }
        return false;
    }

    /** The index of the one to be tried first; -1 if none is ready. */
    private int choose() {
        int best = -1;
        for (int step = 0; step < members.length; step++) {
            int index = (next + step) % members.length;
            SupervisedWorker member = members[index];
            if (!member.isReady()) {
                continue;
            }
            if (best < 0 || isBetter(member, members[best])) {
                best = index;
            }
            if (balance == Supervisor.Balance.ROUND_ROBIN && !member.isStalled()) {
                break;
            }
        }
        return best;
    }

    private boolean isBetter(SupervisedWorker member, SupervisedWorker best) {
        if (member.isStalled() != best.isStalled()) {
            return best.isStalled();
        }
        return balance == Supervisor.Balance.LEAST_QUEUED && member.unanswered() < best.unanswered();
    }

    int unanswered() {
        int count = 0;
        for (SupervisedWorker member : members) {
            count += member.unanswered();
        }
        return count;
    }

    int running() {
        int count = 0;
        for (SupervisedWorker member : members) {
            count += member.isReady() ? 1 : 0;
        }
        return count;
    }

    void close() {
        for (SupervisedWorker member : members) {
            member.close();
        }
    }

    @Override
    public String toString() {
        return running() + " of " + members.length + " run, unanswered=" + unanswered();
    }
}
