package io.evloop.sys;

/**
 * The classes that stand in the signatures of the JDK's own accessors of direct memory. HotSpot's C2 inlines no method while
 * a class of its signature is not loaded ({@code -XX:+PrintInlining} says "unloaded signature classes"), and nothing needs
 * these before the first hot methods are compiled. In those every access to a buffer would stay a call for good: a frame
 * would cost up to twice as much, in one run of a program and not in the next.
 */
public final class SignatureClasses {

    /** What a JDK does not have it does not need. */
    private static final String[] NAMES = {
        "jdk.internal.misc.ScopedMemoryAccess$Scope", // 17
        "jdk.internal.access.foreign.MemorySegmentProxy", // 17
        "jdk.internal.foreign.MemorySessionImpl", // 21 and later
        "java.lang.foreign.MemorySegment", // 21 and later
    };

    private SignatureClasses() {}

    /** Loads those that there are. To be called before anything is hot; by any thread. */
    public static void load() {
        for (String name : NAMES) {
            try {
                Class.forName(name, false, null);
            } catch (ClassNotFoundException e) {
                continue; // another JDK's
            }
        }
    }
}
