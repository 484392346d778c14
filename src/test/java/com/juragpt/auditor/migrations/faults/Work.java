package com.juragpt.auditor.migrations.faults;

import static com.juragpt.auditor.migrations.testing.SampleChangelog.outsideTransactions;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.revision;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.sql;
import static com.juragpt.auditor.migrations.testing.SampleChangelog.table;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.OnDataLoss;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Everything that writes to a database, each with what it begins with and with what the next run says when it had ended. */
enum Work {

    UPDATE(null) {
        @Override
        void prepare(TestDatabase database, MigrationOptions options) {
            Migrations.of(database.dataSource(), options).updateBy(2);
            database.execute("INSERT INTO one VALUES (1, 'a'), (2, 'b'), (3, NULL)");
        }

        @Override
        void run(DataSource acting, DataSource reading, MigrationOptions options) {
            Migrations.of(acting, options).update();
        }
    },

    ROLLBACK(null) {
        @Override
        void prepare(TestDatabase database, MigrationOptions options) {
            UPDATE.prepare(database, options);
            Migrations.of(database.dataSource(), options).update();
            database.execute("INSERT INTO log VALUES (1, 'x'), (1, 'x'), (2, NULL); INSERT INTO two VALUES (7, 'seven')");
        }

        @Override
        void run(DataSource acting, DataSource reading, MigrationOptions options) {
            Migrations.of(acting, options).rollback(Migrations.of(reading, options).planRollbackTo("start"));
        }
    },

    RESTORE(Problem.UNKNOWN_ARCHIVE) {
        @Override
        void prepare(TestDatabase database, MigrationOptions options) {
            ROLLBACK.prepare(database, options);
            ROLLBACK.run(database.dataSource(), database.dataSource(), options);
            Migrations.of(database.dataSource(), options).update();
        }

        @Override
        void run(DataSource acting, DataSource reading, MigrationOptions options) {
            String archive = Migrations.of(reading, options).status().archives().stream().map(one -> one.name()).findFirst()
                    .orElse("rollback_gone");
            Migrations.of(acting, options).restore(archive);
        }
    },

    TAG(Problem.TAG_EXISTS) {
        @Override
        void prepare(TestDatabase database, MigrationOptions options) {
            ROLLBACK.prepare(database, options);
        }

        @Override
        void run(DataSource acting, DataSource reading, MigrationOptions options) {
            Migrations.of(acting, options).tag("v9");
        }
    },

    ADOPT(Problem.ALREADY_MANAGED) {
        @Override
        void prepare(TestDatabase database, MigrationOptions options) {
            ROLLBACK.prepare(database, options);
            database.execute("DROP TABLE databasechangelog, databasechangeloglock");
        }

        @Override
        void run(DataSource acting, DataSource reading, MigrationOptions options) {
            // It looks at the database three times before it writes.
            AtomicInteger connections = new AtomicInteger();
            Migrations.of(new PGSimpleDataSource() {
                private static final long serialVersionUID = 1L;

                @Override
                public Connection getConnection() throws SQLException {
                    return connections.incrementAndGet() <= 3 ? reading.getConnection() : acting.getConnection();
                }
            }, options).adopt();
        }
    };

    private static final String[] BEGINNING = {revision("start"), table("one")};
    private static final String COLUMN = sql("add-one-more", "ALTER TABLE one ADD COLUMN more text DEFAULT 'm'", null)
            + "rollback:\n  - dropColumn: {tableName: one, columnName: more}\n";
    private static final String ONCE = sql("fill-log", "INSERT INTO log VALUES (0, 'once')", null) + "rollback:\n  - empty: {}\n";
    private static final String INDEX = outsideTransactions(sql("index", "DROP INDEX CONCURRENTLY IF EXISTS i;"
            + " CREATE INDEX CONCURRENTLY i ON one (note)", "DROP INDEX CONCURRENTLY IF EXISTS i"));

    private final Problem doneAlready;

    Work(Problem doneAlready) {
        this.doneAlready = doneAlready;
    }

    /** Brings an empty database to where this begins. */
    abstract void prepare(TestDatabase database, MigrationOptions options);

    /**
     * Does it.
     *
     * @param acting what the fault befalls
     * @param reading for what is asked beforehand
     */
    abstract void run(DataSource acting, DataSource reading, MigrationOptions options);

    /** A table that it alters. */
    String needs() {
        return this == TAG ? "databasechangelog" : "one";
    }

    /** What a run is refused with after one that had ended; null if it finds nothing to do. */
    Problem doneAlready() {
        return doneAlready;
    }

    /** A changelog that this works on; a split one needs several transactions. */
    static SampleChangelog changelog(Path folder, boolean split) {
        List<String> changesets = new ArrayList<>(List.of(BEGINNING));
        changesets.add(COLUMN);
        if (split) {
            changesets.add(INDEX);
        }
        changesets.addAll(List.of(table("log", "id int NOT NULL, note text"), ONCE, table("two"), revision("end")));
        return new SampleChangelog(folder).of(changesets.toArray(String[]::new));
    }

    /** With which it is done: in little time where something is in the way. */
    static MigrationOptions options(SampleChangelog changelog) {
        return changelog.options().withOnDataLoss(OnDataLoss.ARCHIVE).withLockTimeout(Duration.ofMillis(200), 20)
                .withLockWait(Duration.ofSeconds(20));
    }
}
