package io.evloop.testing;

import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails every test that leaves a descriptor, thread, child or mapping behind. Registered for all tests as a service. */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {

    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(LeakCheck.class);
    private static final long DEADLINE_NANOS = 5_000_000_000L;

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(NAMESPACE).put(Resources.class, Resources.now());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        check(context.getStore(NAMESPACE).get(Resources.class, Resources.class));
    }

    /** Waits, with a deadline, until nothing is held beyond {@code before}: a thread that was joined may still be listed. */
    public static void check(Resources before) {
        long start = System.nanoTime();
        String surplus = Resources.now().surplusOver(before);
        while (!surplus.isEmpty()) {
            if (System.nanoTime() - start > DEADLINE_NANOS) {
                throw new AssertionError("left behind: " + surplus);
            }
            LockSupport.parkNanos(1_000_000);
            surplus = Resources.now().surplusOver(before);
        }
    }
}
