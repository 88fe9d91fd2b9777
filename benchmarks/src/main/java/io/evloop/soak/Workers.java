package io.evloop.soak;

import io.evloop.EventLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** A number of workers at a time; for each that is gone another begins. */
final class Workers implements Actor {

    private static final int AT_ONCE = 6;
    private static final long AGAIN_NANOS = 50_000_000L;

    private final EventLoop loop;
    private final Ledger ledger;
    private final RandomGenerator random;
    private final String program;
    private final Payloads payloads = new Payloads();
    private final List<Life> lives = new ArrayList<>();
    private boolean over;

    Workers(EventLoop loop, Ledger ledger, RandomGenerator random, String program) {
        this.loop = loop;
        this.ledger = ledger;
        this.random = random;
        this.program = program;
    }

    @Override
    public void begin() {
        for (int number = 0; number < AT_ONCE; number++) {
            beginOne();
        }
    }

    private void beginOne() {
        if (over) {
            return;
        }
        Life life = new Life(loop, ledger, payloads, random, this::onOver);
        try {
            life.begin(program);
            lives.add(life);
        } catch (IOException e) {
            ledger.failed("start", e);
            loop.schedule(AGAIN_NANOS, this::beginOne);
        }
    }

    private void onOver(Life life) {
        lives.remove(life);
        loop.execute(this::beginOne);
    }

    @Override
    public void leaveOff() {
        over = true;
        List.copyOf(lives).forEach(Life::leaveOff);
    }

    @Override
    public boolean isIdle() {
        return lives.isEmpty();
    }

    @Override
    public String toString() {
        return "workers " + lives;
    }
}
