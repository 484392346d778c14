package com.juragpt.auditor.migrations.benchmark;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Changesets that make one table each, as each tool has them: a hundred to a file of a changelog, a script each for Flyway, a
 * revision each for Alembic, and all statements in one script.
 */
final class Changesets {

    static final String MASTER = "changelog/db.changelog-master.yaml";
    static final String FLYWAY = "flyway";
    static final String SCRIPT = "all.sql";

    private static final int TO_A_FILE = 100;

    private Changesets() {
    }

    /** Writes so many of them below an empty folder. */
    static void write(Path folder, int count) throws IOException {
        writeChangelog(folder, count);
        writeScripts(folder, count);
        writeRevisions(folder, count);
    }

    private static void writeChangelog(Path folder, int count) throws IOException {
        Path master = folder.resolve(MASTER);
        Files.createDirectories(master.getParent());
        StringBuilder includes = new StringBuilder("databaseChangeLog:\n");
        for (int first = 1; first <= count; first += TO_A_FILE) {
            StringBuilder part = new StringBuilder("databaseChangeLog:\n");
            for (int i = first; i <= Math.min(count, first + TO_A_FILE - 1); i++) {
                part.append("""
                          - changeSet:
                              id: '%1$d-create-t%1$d'
                              author: benchmark
                              changes:
                                - createTable:
                                    tableName: t%1$d
                                    columns:
                                      - column:
                                          name: id
                                          type: int
                                          constraints: {primaryKey: true, primaryKeyName: t%1$d_pkey, nullable: false}
                                      - column: {name: name, type: varchar(100), constraints: {nullable: false}}
                                      - column: {name: created_at, type: timestamp}
                                      - column: {name: amount, type: 'numeric(10, 2)'}
                              rollback:
                                - dropTable: {tableName: t%1$d}
                        """.formatted(i));
            }
            String file = "changelog/from-%d.yaml".formatted(first);
            Files.writeString(folder.resolve(file), part);
            includes.append("  - include: {file: ").append(file).append("}\n");
        }
        Files.writeString(master, includes);
    }

    private static void writeScripts(Path folder, int count) throws IOException {
        Path scripts = Files.createDirectories(folder.resolve(FLYWAY));
        StringBuilder all = new StringBuilder();
        for (int i = 1; i <= count; i++) {
            String statement = """
                    CREATE TABLE t%1$d (id int NOT NULL, name varchar(100) NOT NULL, created_at timestamp,
                        amount numeric(10, 2), CONSTRAINT t%1$d_pkey PRIMARY KEY (id));
                    """.formatted(i);
            Files.writeString(scripts.resolve("V" + i + "__create_t" + i + ".sql"), statement);
            all.append(statement);
        }
        Files.writeString(folder.resolve(SCRIPT), all);
    }

    private static void writeRevisions(Path folder, int count) throws IOException {
        Path versions = Files.createDirectories(folder.resolve("alembic/versions"));
        Files.writeString(folder.resolve("alembic.ini"), "[alembic]\nscript_location = %(here)s/alembic\n");
        try (InputStream in = Changesets.class.getResourceAsStream("env.py")) {
            Files.copy(in, folder.resolve("alembic/env.py"));
        }
        for (int i = 1; i <= count; i++) {
            Files.writeString(versions.resolve("%05d_create_t%d.py".formatted(i, i)), """
                    import sqlalchemy as sa
                    from alembic import op

                    revision = "%1$05d"
                    down_revision = %2$s


                    def upgrade():
                        op.create_table(
                            "t%1$d",
                            sa.Column("id", sa.Integer(), nullable=False),
                            sa.Column("name", sa.String(100), nullable=False),
                            sa.Column("created_at", sa.DateTime()),
                            sa.Column("amount", sa.Numeric(10, 2)),
                            sa.PrimaryKeyConstraint("id", name="t%1$d_pkey"),
                        )


                    def downgrade():
                        op.drop_table("t%1$d")
                    """.formatted(i, i == 1 ? "None" : "\"%05d\"".formatted(i - 1)));
        }
    }
}
