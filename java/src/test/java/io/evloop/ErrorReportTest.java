package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** Errors that nobody can be told. */
class ErrorReportTest {

    /** As the JDK's does when there is no descriptor left to read the time zones with. */
    private static final class BrokenLog extends Handler {

        private int calls;

        @Override
        public void publish(LogRecord record) {
            calls++;
            throw new Error("no log");
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void aLoggerThatThrowsEndedTheLoop() throws Exception {
        BrokenLog log = new BrokenLog();
        Logger logger = Logger.getLogger("io.evloop");
        logger.addHandler(log);
        logger.setUseParentHandlers(false);
        List<String> heard = new ArrayList<>();
        try (EventLoop loop = EventLoop.open()) {
            loop.execute(() -> {
                throw new IllegalStateException("thrown by a task");
            });
            loop.execute(() -> heard.add("the next task"));
            loop.poll(0);
            assertEquals(List.of("the next task"), heard);
            assertEquals(2, log.calls, "as the error handler, and as its substitute");
        } finally {
            logger.setUseParentHandlers(true);
            logger.removeHandler(log);
        }
    }
}
