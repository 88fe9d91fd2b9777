package io.evloop.soak;

import io.evloop.EventLoop;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** From time to time takes every descriptor that this process may have, and gives them back a little later. */
final class Famine implements Actor {

    private static final long BETWEEN_NANOS = 5_000_000_000L;
    private static final long LENGTH_NANOS = 300_000_000L;

    private final EventLoop loop;
    private final Ledger ledger;
    private final List<FileInputStream> taken = new ArrayList<>();
    private boolean over;

    Famine(EventLoop loop, Ledger ledger) {
        this.loop = loop;
        this.ledger = ledger;
    }

    @Override
    public void begin() {
        loop.schedule(BETWEEN_NANOS, this::take);
    }

    private void take() {
        if (over) {
            return;
        }
        ledger.beginFamine();
        try {
            while (true) {
                taken.add(new FileInputStream("/dev/null"));
            }
        } catch (IOException e) {
            loop.schedule(LENGTH_NANOS, this::giveBack); // none is left
        }
    }

    private void giveBack() {
        for (FileInputStream file : taken) {
            try {
                file.close();
            } catch (IOException e) {
                ledger.violation("close: " + e);
            }
        }
        taken.clear();
        ledger.endFamine();
        begin();
    }

    @Override
    public void leaveOff() {
        over = true;
    }

    @Override
    public boolean isIdle() {
        return taken.isEmpty();
    }
}
