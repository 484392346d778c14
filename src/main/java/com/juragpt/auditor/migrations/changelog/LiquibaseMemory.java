package com.juragpt.auditor.migrations.changelog;

import java.lang.reflect.Field;
import java.sql.Connection;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import liquibase.Scope;
import liquibase.changelog.ChangeLogHistoryServiceFactory;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.DatabaseException;
import liquibase.executor.ExecutorService;

/**
 * What Liquibase's singletons keep of a database until the JVM ends: its executor, and its history service with every row that was
 * read. It would be some kilobytes for each call of an application that asks every second.
 */
final class LiquibaseMemory {

    private static final Logger LOG = Logger.getLogger(LiquibaseMemory.class.getName());

    // Liquibase itself can forget only all history services at once, also those that other threads are using.
    private static final Optional<Field> HISTORY_SERVICES = accessible(ChangeLogHistoryServiceFactory.class, "services");

    private LiquibaseMemory() {
    }

    /** Opens a database that Liquibase can be made to {@linkplain #forget forget}. */
    static Database open(Connection connection) throws DatabaseException {
        return DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new Key(connection));
    }

    /** Makes Liquibase forget a database that is no longer used, whether or not its connection still works. */
    static void forget(Database database) {
        Scope.getCurrentScope().getSingleton(ExecutorService.class).clearExecutor("jdbc", database);
        HISTORY_SERVICES.ifPresent(field -> removeFrom(field, database));
    }

    private static void removeFrom(Field field, Database database) {
        ChangeLogHistoryServiceFactory factory = Scope.getCurrentScope().getSingleton(ChangeLogHistoryServiceFactory.class);
        try {
            // The factory, too, uses the map only under its own monitor.
            synchronized (factory) {
                ((Map<?, ?>) field.get(factory)).remove(database);
            }
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(field + " was made accessible", e);
        }
    }

    /** The field, if this version of Liquibase has it and lets others read it. */
    static Optional<Field> accessible(Class<?> factory, String name) {
        try {
            Field field = factory.getDeclaredField(name);
            if (!Map.class.isAssignableFrom(field.getType())) {
                throw new NoSuchFieldException(field + " is not a map");
            }
            field.setAccessible(true);
            return Optional.of(field);
        } catch (NoSuchFieldException | RuntimeException e) {
            // Everything works without it; only the memory grows.
            LOG.log(Level.FINE, "This version of Liquibase keeps a history service for every connection", e);
            return Optional.empty();
        }
    }

    /**
     * A connection that is equal only to itself. Liquibase finds a database in its maps by its connection's {@code hashCode}, and
     * that of a plain JdbcConnection changes when it is closed or its transaction has ended: it would not be found any more.
     */
    private static final class Key extends JdbcConnection {

        private String url;

        Key(Connection connection) {
            super(connection);
        }

        /** Every kind of database that Liquibase knows asks for it, and each answer costs dozens of patterns. */
        @Override
        public String getURL() {
            if (url == null) {
                url = super.getURL();
            }
            return url;
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }
}
