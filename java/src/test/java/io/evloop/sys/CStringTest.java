package io.evloop.sys;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.ExactCalls;
import io.evloop.testing.RawSocket;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Strings as C has them. */
class CStringTest {

    /** What stands at the address, as the kernel sees it. */
    private static byte[] memoryOf(CString string) throws IOException {
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket from = pair[0];
                RawSocket to = pair[1]) {
            assertEquals(string.length(), Native.send(from.fd(), string.address(), string.length()));
            return to.read(string.length());
        }
    }

    @Test
    @ExactCalls("the one send that takes the string whole")
    void areEncodedInUtf8() throws Exception {
        CString string = CString.of("\u00e9\u2744\ud83d\udc0d", "a snake");
        byte[] expected = {
            (byte) 0xC3,
            (byte) 0xA9,
            (byte) 0xE2,
            (byte) 0x9D,
            (byte) 0x84,
            (byte) 0xF0,
            (byte) 0x9F,
            (byte) 0x90,
            (byte) 0x8D,
            0
        };
        assertArrayEquals(expected, memoryOf(string));
    }

    @Test
    @ExactCalls("the one send that takes the string whole")
    void mayBeEmpty() throws Exception {
        assertArrayEquals(new byte[] {0}, memoryOf(CString.of("", "nothing")));
    }

    // row 42
    @Test
    void refuseANulAndShowWhere() {
        for (String string : List.of("\0", "a\0", "\0a", "a\0b")) {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> CString.of(string, "the directory"));
            assertTrue(refused.getMessage().contains("the directory"), refused.getMessage());
            assertTrue(refused.getMessage().contains(string.replace("\0", "\\0")), refused.getMessage());
        }
    }

    // row 42
    @Test
    void refuseHalfOfASurrogatePair() {
        for (String string : List.of("\uD800", "a\uDFFF", "\uDC00\uD800")) {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> CString.of(string, "the name"));
            assertTrue(refused.getMessage().contains("the name"), refused.getMessage());
        }
    }
}
