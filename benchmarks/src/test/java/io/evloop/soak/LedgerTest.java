package io.evloop.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.evloop.error.NativeIoException;
import org.junit.jupiter.api.Test;

/** What a famine excuses. */
class LedgerTest {

    private final NativeIoException tooManyFiles = new NativeIoException("socketpair", 24, "EMFILE", "too many");
    private final NativeIoException other = new NativeIoException("read", 5, "EIO", "broken");
    private final Ledger ledger = new Ledger();

    @Test
    void aMissingDescriptorIsAViolationWhileThereAreSome() {
        ledger.failed("a pair", tooManyFiles);
        assertEquals(1, ledger.violations());
        assertEquals(0, ledger.refusals.get());
    }

    @Test
    void aMissingDescriptorIsARefusalInAFamineAndJustAfterIt() {
        ledger.beginFamine();
        ledger.failed("a pair", tooManyFiles);
        ledger.endFamine();
        ledger.failed("a pair", tooManyFiles);
        assertEquals(0, ledger.violations());
        assertEquals(2, ledger.refusals.get());
    }

    @Test
    void anotherFailureIsAViolationAtAnyTime() {
        ledger.beginFamine();
        ledger.failed("a read", other);
        assertEquals(1, ledger.violations());
    }
}
