package com.juragpt.auditor.migrations.review;

import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.loss.ChangesSql;
import com.juragpt.auditor.migrations.rollback.RollbackSql;
import java.util.ArrayList;
import java.util.List;
import liquibase.change.Change;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;

/**
 * What a changeset runs and what undoes it, as SQL that names no schema which the session works in anyway: so it is the same in
 * every database, and without one.
 *
 * @param up null if it cannot say before it runs
 * @param whyNoUp why not; null if it can
 * @param down null if it has no rollback
 * @param whyNoDown why not; null if it has one
 * @param blank whether it has one that is blank, and that is not allowed
 */
record ReviewedSql(ChangesSql up, String whyNoUp, ChangesSql down, String whyNoDown, boolean blank) {

    static ReviewedSql of(ChangeSet changeset, MigrationContext context) {
        Database database = context.database();
        boolean before = database.getOutputDefaultSchema();
        database.setOutputDefaultSchema(false);
        try {
            ChangesSql up = null;
            String whyNoUp = null;
            try {
                up = ChangesSql.ofUpdate(changeset, database);
            } catch (Exception e) {
                // Some changes look into the database first, where an earlier changeset has yet to make what they look for.
                whyNoUp = String.valueOf(e.getMessage());
            }
            try {
                return new ReviewedSql(up, whyNoUp, RollbackSql.of(changeset, context), null, false);
            } catch (RollbackSql.NoneException e) {
                return new ReviewedSql(up, whyNoUp, null, String.valueOf(e.getMessage()), e.isBlank());
            }
        } finally {
            database.setOutputDefaultSchema(before);
        }
    }

    /** Adds it to a digest. Reasons do not count, as they may name a machine. */
    void addTo(Fingerprint digest) {
        digest.add(up == null ? List.of("unknown") : up.sql());
        digest.add(down != null ? down.sql() : blank ? List.of() : List.of("none"));
    }

    List<String> upSql() {
        return up == null ? List.of("(" + whyNoUp + ")") : List.copyOf(up.sql());
    }

    List<String> downSql() {
        return down == null ? List.of() : List.copyOf(down.sql());
    }

    /** Why a script cannot run it. */
    List<String> upObstacles(ChangeSet changeset, Database database) {
        if (up == null) {
            return List.of("its SQL is not known before it runs: " + whyNoUp);
        }
        List<String> obstacles = notSql(up);
        if (changeset.getChanges().stream().anyMatch(change -> dependsOnTheDatabase(change, database)) && up.opaque().isEmpty()) {
            obstacles.add("its SQL depends on what the changesets before it have made by then");
        }
        return obstacles;
    }

    /** Why a script cannot undo it. */
    List<String> downObstacles() {
        return down == null ? List.of("has no rollback: " + whyNoDown) : notSql(down);
    }

    private static List<String> notSql(ChangesSql sql) {
        List<String> obstacles = new ArrayList<>();
        sql.opaque().forEach(part -> obstacles.add("is not SQL " + part));
        if (sql.texts().stream().anyMatch(List::isEmpty)) {
            obstacles.add("has a statement that cannot be written as text");
        }
        return obstacles;
    }

    private static boolean dependsOnTheDatabase(Change change, Database database) {
        return change.generateStatementsVolatile(database);
    }
}
