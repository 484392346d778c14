package com.juragpt.auditor.migrations.database;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Where a schema is that a changelog should build: a database, or something else that Liquibase can open. Immutable. */
public final class ReferenceUrl {

    private static final String SOURCE = "the reference";
    private static final String SNAPSHOT = "offline:";
    private static final String HIBERNATE = "hibernate:";
    // What liquibase-hibernate brings, in each of its versions.
    private static final String HIBERNATE_SUPPORT = "liquibase.ext.hibernate.database.HibernateDatabase";

    private final DatabaseUrl database;
    private final String other;
    private final DatabaseUrl scratch;

    private ReferenceUrl(DatabaseUrl database, String other, DatabaseUrl scratch) {
        this.database = database;
        this.other = other;
        this.scratch = scratch;
    }

    /** A database, in whose schema the changelog is built as well, beside what is there. */
    public static ReferenceUrl of(DatabaseUrl database) {
        return new ReferenceUrl(database, null, database);
    }

    /**
     * Reads the URL of a reference: of a database as {@link DatabaseUrl#parse(String)} takes it, {@code jdbc:env:NAME} for the
     * URL in a variable, {@code offline:postgresql?snapshot=file.json} for a snapshot of Liquibase, or {@code hibernate:…}.
     *
     * @param url the value as it is set
     * @param environment from a variable's name to its value, or null when it is not set: {@code System::getenv}
     * @throws MigrationException {@link Problem#INVALID_REFERENCE}, {@link Problem#INVALID_DATABASE_URL}; the message never repeats
     *     the value of a database's URL
     */
    public static ReferenceUrl parse(String url, UnaryOperator<String> environment) {
        if (url.startsWith(EnvironmentUrlDriver.PREFIX)) {
            return of(DatabaseUrl.fromEnvironment(url.substring(EnvironmentUrlDriver.PREFIX.length()), environment));
        }
        if (url.startsWith(SNAPSHOT)) {
            if (!url.contains("snapshot=")) {
                throw refused("an offline: reference needs the file of a snapshot",
                        "-Dmigrations.reference='offline:postgresql?snapshot=target/snapshot.json', as mvn liquibase:snapshot writes it");
            }
            return new ReferenceUrl(null, url, null);
        }
        if (url.startsWith(HIBERNATE)) {
            requireHibernate();
            return new ReferenceUrl(null, url, null);
        }
        return of(DatabaseUrl.parse(url, SOURCE));
    }

    private static void requireHibernate() {
        try {
            Class.forName(HIBERNATE_SUPPORT, false, ReferenceUrl.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw refused("Liquibase's support for Hibernate is not on the plugin's class path",
                    "add org.liquibase.ext:liquibase-hibernate6 and the jar with the entities to the <dependencies> of the plugin"
                            + " auditor-migrations-maven-plugin in the pom.xml");
        }
    }

    private static MigrationException refused(String why, String help) {
        return Diagnosis.of(Problem.INVALID_REFERENCE, "Cannot read the reference: " + why).help(help);
    }

    /** The same, with the database in which the changelog is built to be compared with what is no database. */
    public ReferenceUrl builtIn(DatabaseUrl place) {
        return database != null ? this : new ReferenceUrl(null, other, place);
    }

    /** The database that it is, if it is one. */
    public Optional<DatabaseUrl> database() {
        return Optional.ofNullable(database);
    }

    /** Where the changelog is built, in a schema of its own that is rolled back; null if that is still to be said. */
    public DatabaseUrl scratch() {
        return scratch;
    }

    /** What Liquibase opens, where it is no database. */
    public String other() {
        return other;
    }

    /** For people, without anything secret. */
    @Override
    public String toString() {
        return database != null ? database.toString() : other;
    }
}
