package io.evloop.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Marks what asserts how many calls, turns or waits something takes, or what a single call does: that cannot hold under a
 * {@link Schedule}, whose profile leaves it out.
 */
@Tag(ExactCalls.NAME) // of Jupiter
@net.jqwik.api.Tag(ExactCalls.NAME)
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface ExactCalls {

    /** The tag. */
    String NAME = "exact-calls";

    /** Which numbers those are. */
    String value();
}
