package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import com.juragpt.auditor.migrations.database.EnvironmentUrlDriver;
import java.util.function.UnaryOperator;

/**
 * Which database a goal works on.
 *
 * @param url the database
 * @param source where the URL was set, in a word for the log
 */
record DatabaseChoice(DatabaseUrl url, String source) {

    static final String VARIABLE = "DATABASE_URL";

    /**
     * The goal's own URL wins, then {@code DATABASE_URL}, then the property file. One that is there but unusable is refused:
     * it never leads to the next.
     *
     * @param url {@code liquibase.url}, or null; {@code jdbc:env:NAME} stands for a variable
     * @param username wins over the URL's; may be null
     * @param password wins over the URL's; may be null
     * @param file whose own user and password belong to its own URL
     * @param environment from a variable's name to its value, or null when it is not set
     * @throws MigrationException {@link Problem#NO_DATABASE}, {@link Problem#INVALID_DATABASE_URL}
     */
    static DatabaseChoice of(String url, String username, String password, LiquibaseProperties file,
            UnaryOperator<String> environment) {
        if (url != null) {
            return read(url, "liquibase.url", environment).as(username, password);
        }
        if (environment.apply(VARIABLE) != null) {
            return new DatabaseChoice(DatabaseUrl.fromEnvironment(VARIABLE, environment), VARIABLE).as(username, password);
        }
        if (file.get("url") != null) {
            return read(file.get("url"), "liquibase.properties", environment)
                    .as(file.get("username"), file.get("password")).as(username, password);
        }
        throw Diagnosis.of(Problem.NO_DATABASE, "No database was named")
                .line("looked for: -Dliquibase.url, then " + VARIABLE + ", then the url in liquibase.properties of this folder")
                .help("export " + VARIABLE + "='postgresql://user:password@host:5432/database'");
    }

    private static DatabaseChoice read(String url, String source, UnaryOperator<String> environment) {
        if (url.startsWith(EnvironmentUrlDriver.PREFIX)) {
            String variable = url.substring(EnvironmentUrlDriver.PREFIX.length());
            return new DatabaseChoice(DatabaseUrl.fromEnvironment(variable, environment), variable);
        }
        return new DatabaseChoice(DatabaseUrl.parse(url, source), source);
    }

    private DatabaseChoice as(String username, String password) {
        return new DatabaseChoice(url.withCredentials(username, password), source);
    }

    @Override
    public String toString() {
        return url + " (" + source + ")";
    }
}
