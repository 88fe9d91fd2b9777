package io.evloop.sys;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.evloop.testing.RawSocket;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Strings as C has them. */
class CStringsTest {

    /** What stands at the address, as the kernel sees it. */
    private static byte[] memoryOf(CStrings strings) throws IOException {
        RawSocket[] pair = RawSocket.pair();
        try (RawSocket from = pair[0];
                RawSocket to = pair[1]) {
            assertEquals(strings.length(), Native.send(from.fd(), strings.address(), strings.length()));
            return strings.length() == 0 ? new byte[0] : to.read(strings.length());
        }
    }

    @Test
    void endEachWithANul() throws Exception {
        CStrings strings = CStrings.ofBytes(List.of("one".getBytes(UTF_8), new byte[0], new byte[] {(byte) 0xFF, 'x'}));
        assertEquals(3, strings.count());
        assertArrayEquals(new byte[] {'o', 'n', 'e', 0, 0, (byte) 0xFF, 'x', 0}, memoryOf(strings));
    }

    @Test
    void areEncodedInUtf8() throws Exception {
        CStrings string = CStrings.of("\u00e9\u2744\ud83d\udc0d", "a snake");
        assertEquals(1, string.count());
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
    void mayBeNoneAtAll() throws Exception {
        CStrings none = CStrings.ofBytes(List.of());
        assertEquals(0, none.count());
        assertArrayEquals(new byte[0], memoryOf(none));
        assertArrayEquals(new byte[] {0}, memoryOf(CStrings.of("", "nothing")));
    }

    // row 42
    @Test
    void refuseANulAndShowWhere() {
        for (String string : List.of("\0", "a\0", "\0a", "a\0b")) {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> CStrings.of(string, "the directory"));
            assertTrue(refused.getMessage().contains("the directory"), refused.getMessage());
            assertTrue(refused.getMessage().contains(string.replace("\0", "\\0")), refused.getMessage());
        }
    }
}
