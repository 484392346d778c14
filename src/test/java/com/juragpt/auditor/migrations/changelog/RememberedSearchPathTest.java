package com.juragpt.auditor.migrations.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.testing.PostgresExtension;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import liquibase.change.Change;
import liquibase.change.core.CreateTableChange;
import liquibase.change.core.RawSQLChange;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.exception.LiquibaseException;
import liquibase.statement.core.RawParameterizedSqlStatement;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The path is remembered where nothing can have changed it, and nowhere else. */
@ExtendWith(PostgresExtension.class)
class RememberedSearchPathTest {

    private static final RawParameterizedSqlStatement QUESTION = new RawParameterizedSqlStatement("SHOW SEARCH_PATH");

    private Connection connection;
    private Database liquibase;
    private RememberedSearchPath path;

    @BeforeEach
    void connect(TestDatabase database) throws SQLException, LiquibaseException {
        connection = database.connect();
        liquibase = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(connection));
        path = RememberedSearchPath.in(liquibase);
        path.begin(changeset(new CreateTableChange()));
        assertThat(path.queryForObject(QUESTION, String.class)).isEqualTo("\"$user\", public");
        // behind its back
        Sql.execute(connection, "SET search_path = laws");
    }

    @AfterEach
    void close() throws SQLException {
        LiquibaseMemory.forget(liquibase);
        connection.close();
    }

    @Test
    void itIsNotAskedAgainWhileStructureIsCreated() throws LiquibaseException {
        path.begin(changeset(new CreateTableChange()));
        assertThat(path.queryForObject(QUESTION, String.class)).isEqualTo("\"$user\", public");
    }

    @Test
    void itIsAskedAgainAfterARollback() throws LiquibaseException {
        path.forget();
        assertThat(path.queryForObject(QUESTION, String.class)).isEqualTo("laws");
    }

    @Test
    void itIsAskedAgainAfterRawSqlAndAsLongAsThatMayChangeIt() throws LiquibaseException, SQLException {
        path.begin(changeset(new RawSQLChange("SELECT 1")));
        path.execute(new RawParameterizedSqlStatement("SELECT 1"));
        assertThat(path.queryForObject(QUESTION, String.class)).isEqualTo("laws");
        Sql.execute(connection, "SET search_path = public");
        assertThat(path.queryForObject(QUESTION, String.class)).isEqualTo("public");
    }

    private static ChangeSet changeset(Change change) {
        ChangeSet changeset = new ChangeSet("one", "test", false, false, "sample.yaml", null, null, null);
        changeset.addChange(change);
        return changeset;
    }
}
