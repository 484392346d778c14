package com.juragpt.auditor.migrations.testing;

import java.util.function.Function;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test its own empty database on a real PostgreSQL, for each parameter of the type {@link TestDatabase} one, and
 * drops it after the test. A {@code @BeforeEach} method gets the same ones as its test, by position; what is injected
 * into {@code @BeforeAll} or a constructor lives as long as the class.
 *
 * <pre>{@code
 * @ExtendWith(PostgresExtension.class)
 * class SomeTest {
 *     @Test
 *     void aClaim(TestDatabase database) { … }
 * }
 * }</pre>
 */
public final class PostgresExtension implements ParameterResolver {

    private static final ExtensionContext.Namespace DATABASES = ExtensionContext.Namespace.create(PostgresExtension.class);

    /** Lends an empty database to work that no single test owns. */
    public static <T> T inDatabase(Function<TestDatabase, T> work) {
        TestDatabase database = PostgresServer.get().createDatabase();
        try {
            return work.apply(database);
        } finally {
            database.drop();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        return parameter.getParameter().getType() == TestDatabase.class;
    }

    @Override
    public TestDatabase resolveParameter(ParameterContext parameter, ExtensionContext test) {
        // A store also finds what an enclosing context has put, so the context is part of the key.
        String key = test.getUniqueId() + parameterPosition(parameter);
        return test.getStore(DATABASES).getOrComputeIfAbsent(key, k -> new Lease(PostgresServer.get().createDatabase()),
                Lease.class).database();
    }

    private static int parameterPosition(ParameterContext parameter) {
        Class<?>[] types = parameter.getDeclaringExecutable().getParameterTypes();
        int position = 0;
        for (int i = 0; i < parameter.getIndex(); i++) {
            position += types[i] == TestDatabase.class ? 1 : 0;
        }
        return position;
    }

    /** What the store closes when the test is over. */
    private record Lease(TestDatabase database) implements AutoCloseable {
        @Override
        public void close() {
            database.drop();
        }
    }
}
