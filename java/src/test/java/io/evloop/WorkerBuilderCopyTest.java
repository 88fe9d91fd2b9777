package io.evloop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A copy of a builder, which a supervisor keeps, has everything that was set, and goes its own way from then on. */
class WorkerBuilderCopyTest {

    private static WorkerBuilder command() {
        return Worker.command("program", "argument");
    }

    /** Everything that can be set, but for what excludes a handler of frames. */
    private static WorkerBuilder pushing() {
        return command()
                .clearEnv()
                .env("NAME", "value")
                .directory(Path.of("/"))
                .stdin(Stdio.NULL)
                .stdout(Stdio.NULL)
                .stderr(Stdio.NULL)
                .pipeFd(77)
                .newSession()
                .nice(7)
                .limit(ResourceLimit.CPU, 7, 77)
                .noNewPrivileges()
                .tag(7)
                .socketBuffer(77_777)
                .limits(PipeOptions.builder().maxFrameLength(777).build())
                .onFrame((from, channelId, payload) -> {})
                .onFrame(7, (from, channelId, payload) -> {})
                .onDrain(pipe -> {})
                .onEnd(pipe -> {})
                .onClose((pipe, cause) -> {})
                .onExit((worker, exit) -> {});
    }

    private static WorkerBuilder pulling() {
        return command().onReadable(pipe -> {});
    }

    private static List<Field> fields() {
        List<Field> fields = new ArrayList<>();
        for (Field field : WorkerBuilder.class.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) {
                field.setAccessible(true);
                fields.add(field);
            }
        }
        return fields;
    }

    private static Object read(Field field, WorkerBuilder builder) {
        try {
            return field.get(builder);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void everyFieldIsCopied() {
        for (WorkerBuilder builder : List.of(pushing(), pulling())) {
            WorkerBuilder copy = builder.copy();
            for (Field field : fields()) {
                assertEquals(read(field, builder), read(field, copy), field.getName());
            }
        }
    }

    /** Or else the test above would say nothing of that field. */
    @Test
    void everyFieldIsSetInOneOfTheTwo() {
        for (Field field : fields()) {
            if (List.of("program", "arguments").contains(field.getName())) {
                continue; // there is no default
            }
            Object unset = read(field, command());
            boolean differs =
                    !Objects.equals(unset, read(field, pushing())) || !Objects.equals(unset, read(field, pulling()));
            assertTrue(differs, field.getName() + " is " + unset + " in all of them");
        }
    }

    @Test
    void whatIsAddedLaterIsNotShared() {
        WorkerBuilder builder = pushing();
        WorkerBuilder copy = builder.copy();
        for (Field field : fields()) {
            Object value = read(field, builder);
            if (value instanceof Collection || value instanceof Map) {
                assertNotSame(value, read(field, copy), field.getName());
            }
        }
    }
}
