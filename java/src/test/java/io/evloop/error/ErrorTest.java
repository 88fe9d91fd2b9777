package io.evloop.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the exceptions that users catch tell, also once they have gone to another process. */
class ErrorTest {

    @Test
    void tellWhatHappenedInNumbersAndInWords() throws Exception {
        NativeIoException failed = copy(new NativeIoException("read", 104, "ECONNRESET", "read: ECONNRESET (…)"));
        assertEquals(
                List.of("read", 104, "ECONNRESET", "read: ECONNRESET (…)"),
                List.of(failed.systemCall(), failed.errno(), failed.errnoName(), failed.getMessage()));
        InvalidFrameException invalid = copy(new InvalidFrameException(65_535, 0xFFFF_FFFFL, "invalid frame"));
        assertEquals(65_535, invalid.channelId());
        assertEquals(4_294_967_295L, invalid.declaredLength());
        TruncatedFrameException truncated = copy(new TruncatedFrameException(67_108_870, 6));
        assertEquals(67_108_870, truncated.wantedBytes());
        assertEquals(6, truncated.gotBytes());
        assertTrue(truncated.getMessage().contains("wanted 67108870 bytes, got 6"), truncated.getMessage());
        assertEquals("closed", copy(new EventLoopClosedException("closed")).getMessage());
    }

    private static <T extends IOException> T copy(T exception) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(exception);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            @SuppressWarnings("unchecked")
            Class<T> type = (Class<T>) exception.getClass();
            return assertInstanceOf(type, in.readObject());
        }
    }
}
