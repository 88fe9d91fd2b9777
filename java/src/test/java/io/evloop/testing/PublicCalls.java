package io.evloop.testing;

import io.evloop.Address;
import io.evloop.EventLoop;
import io.evloop.ListenOptions;
import io.evloop.PipeOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** Every public instance method of a class, each to be called with arguments that are all in range. */
public final class PublicCalls {

    /** One method. Its name in words is {@code writeFrame(int, ByteBuffer)}. */
    public record Call(Method method) {

        /** Calls it; throws what it throws. */
        public Object on(Object target) throws Throwable {
            Object[] arguments = Arrays.stream(method.getParameterTypes())
                    .map(PublicCalls::argument)
                    .toArray();
            return invoke(target, arguments);
        }

        /** Calls it with arguments of which any may be out of range, or null. */
        public Object onWithBadArguments(Object target, Random random) throws Throwable {
            Object[] arguments = Arrays.stream(method.getParameterTypes())
                    .map(type -> badArgument(type, random))
                    .toArray();
            return invoke(target, arguments);
        }

        private Object invoke(Object target, Object[] arguments) throws Throwable {
            try {
                return method.invoke(target, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }

        public String name() {
            return method.getName();
        }

        @Override
        public String toString() {
            return Arrays.stream(method.getParameterTypes())
                    .map(Class::getSimpleName)
                    .collect(Collectors.joining(", ", method.getName() + "(", ")"));
        }
    }

    private static final int[] BAD_INTS = {-1, 0, 1, 65_536, Integer.MIN_VALUE, Integer.MAX_VALUE};

    private PublicCalls() {}

    /** Those that the class declares, in the order of their names. */
    public static List<Call> of(Class<?> type) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isSynthetic())
                .map(Call::new)
                .sorted(Comparator.comparing(Call::toString))
                .toList();
    }

    private static Object argument(Class<?> type) {
        if (type == int.class) {
            return 1;
        } else if (type == long.class) {
            return 1L;
        } else if (type == ByteBuffer.class) {
            return ByteBuffer.allocate(2);
        } else if (type == byte[].class) {
            return new byte[2];
        } else if (type == Duration.class) {
            return Duration.ofMillis(1);
        } else if (type == Address.class) {
            return Address.tcp(0);
        } else if (type == ListenOptions.class) {
            return ListenOptions.DEFAULT;
        } else if (type == PipeOptions.class) {
            return PipeOptions.DEFAULT;
        } else if (type == EventLoop.class) {
            return closedLoop();
        } else if (type.isInterface()) {
            return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, PublicCalls::doNothing);
        }
        throw new AssertionError("add an argument of " + type);
    }

    private static EventLoop closedLoop() {
        try (EventLoop loop = EventLoop.open()) {
            return loop;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Object badArgument(Class<?> type, Random random) {
        if (type == int.class) {
            return BAD_INTS[random.nextInt(BAD_INTS.length)];
        } else if (type == long.class) {
            return (long) BAD_INTS[random.nextInt(BAD_INTS.length)] << random.nextInt(Integer.SIZE);
        } else if (type == ByteBuffer.class) {
            return random.nextBoolean() ? null : ByteBuffer.allocateDirect(random.nextInt(2));
        } else if (type.isPrimitive()) {
            return argument(type);
        }
        return random.nextBoolean() ? null : argument(type);
    }

    private static Object doNothing(Object proxy, Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == arguments[0];
            case "toString" -> "nothing";
            default -> null;
        };
    }
}
