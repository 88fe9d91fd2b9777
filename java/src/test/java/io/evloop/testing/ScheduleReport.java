package io.evloop.testing;

import java.io.IOException;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Where the tests run under a {@link Schedule}: names it beside each failure, and tells at the end what it has done. A
 * service, as {@link LeakCheck} is.
 */
public final class ScheduleReport implements BeforeAllCallback, TestWatcher {

    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(ScheduleReport.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        if (Schedule.ofThisProcess() != null) {
            context.getRoot().getStore(NAMESPACE).getOrComputeIfAbsent(Totals.class, key -> new Totals());
        }
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        if (Schedule.ofThisProcess() != null) {
            System.out.println(context.getDisplayName() + " failed under " + describe());
        }
    }

    private static String describe() {
        return Schedule.SEED_VARIABLE + "=" + Schedule.ofThisProcess();
    }

    /** Closed with the root of all tests. */
    private static final class Totals implements AutoCloseable {

        @Override
        public void close() throws IOException {
            System.out.println(describe() + "\n" + Schedule.current());
        }
    }
}
