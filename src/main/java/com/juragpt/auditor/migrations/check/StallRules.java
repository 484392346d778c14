package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.Rule;
import com.juragpt.auditor.migrations.changelog.ChangesetSql;
import com.juragpt.auditor.migrations.check.StatementForm.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import liquibase.change.Change;
import liquibase.changelog.ChangeSet;
import liquibase.database.Database;
import liquibase.database.DatabaseList;
import liquibase.database.core.PostgresDatabase;
import liquibase.statement.SqlStatement;

/**
 * Statements that make the users of a running PostgreSQL wait. Which lock each takes, and for how long, is in the notes of the
 * commands: https://www.postgresql.org/docs/current/sql-altertable.html and sql-createindex.html beside it. A table that the
 * changeset's own revision creates is new, and nobody uses it yet.
 */
final class StallRules {

    static final Set<Rule> RULES = EnumSet.of(Rule.INDEX_BLOCKS_WRITES, Rule.NOT_NULL_SCANS, Rule.DEFAULT_REWRITES,
            Rule.TYPE_REWRITES, Rule.CONSTRAINT_SCANS, Rule.DROP_OR_RENAME, Rule.SPLIT_CHANGESET);

    private static final Pattern ACCEPTED = Pattern.compile("(?i)\\baccept ([a-z-]+)\\s*:\\s*(\\S[^\\n]*)");

    private final Database database = new PostgresDatabase();
    private final Findings findings;
    private final RevisionFolders folders;
    private final SafeForms safe = new SafeForms();
    private final ColumnTypes types = new ColumnTypes(database);
    private final Map<String, String> madeBy = new HashMap<>();
    private final List<String> notExamined = new ArrayList<>();

    StallRules(Findings findings, RevisionFolders folders) {
        this.findings = findings;
        this.folders = folders;
    }

    /** The changesets whose SQL has a form that was not examined, in order. */
    List<String> notExamined() {
        return notExamined;
    }

    /** @param changeset those before it in the changelog were checked before it */
    void check(WrittenChangeset changeset) {
        if (!changeset.isParsed() || !DatabaseList.definitionMatches(changeset.parsed().getDbmsSet(), database, true)) {
            return;
        }
        List<StatementForm> forms = new ArrayList<>();
        for (String sql : sqlOf(changeset)) {
            forms.addAll(StatementForm.of(sql));
        }
        if (forms.stream().anyMatch(form -> form.kind() == Kind.UNKNOWN)) {
            notExamined.add(changeset.place() + ": " + changeset.id());
        }
        Set<Rule> found = new HashSet<>();
        for (StatementForm form : forms) {
            if (form.kind() == Kind.CREATES_TABLE) {
                madeBy.put(form.table(), revision(changeset));
            } else if (isInUse(form, changeset)) {
                check(form, changeset, found);
            }
        }
        checkSplit(changeset, forms);
        changeset.parsed().getChanges().forEach(types::learn);
    }

    private boolean isInUse(StatementForm form, WrittenChangeset changeset) {
        return form.table() != null && !revision(changeset).equals(madeBy.get(form.table()));
    }

    private String revision(WrittenChangeset changeset) {
        String folder = folders.folder(changeset.file());
        return folder == null ? changeset.file() : folder;
    }

    private void check(StatementForm form, WrittenChangeset changeset, Set<Rule> found) {
        switch (form.kind()) {
            case CREATES_INDEX -> report(Rule.INDEX_BLOCKS_WRITES, changeset, found, "builds an index on " + form.table()
                    + " while nobody can write to it", safe.index(form));
            case ADDS_KEY -> report(Rule.INDEX_BLOCKS_WRITES, changeset, found, "builds the index of a key of " + form.table()
                    + " while nobody can read or write it", safe.key(form));
            case ADDS_FOREIGN_KEY -> report(Rule.CONSTRAINT_SCANS, changeset, found, "checks every row of " + form.table()
                    + " against another table while nobody can write to either", safe.foreignKey(form));
            case ADDS_CHECK -> report(Rule.CONSTRAINT_SCANS, changeset, found, "checks every row of " + form.table()
                    + " while nobody can read or write it", safe.check(form));
            case SETS_NOT_NULL -> report(Rule.NOT_NULL_SCANS, changeset, found, "looks at every row of " + form.table()
                    + " for a NULL in " + form.name() + " while nobody can read or write it", safe.notNull(form));
            case ADDS_COLUMN -> checkColumn(form, changeset, found);
            case CHANGES_TYPE -> checkType(form, changeset, found);
            case RENAMES,
                    DROPS -> report(Rule.DROP_OR_RENAME, changeset, found, (form.kind() == Kind.DROPS ? "drops " : "renames ")
                            + (form.name() == null ? form.table() : form.name() + " of " + form.table())
                            + ", which a service that is running may still use", safe.notUsedAnyMore());
            default -> {
            }
        }
    }

    private void checkColumn(StatementForm form, WrittenChangeset changeset, Set<Rule> found) {
        if (ColumnTypes.isWrittenIntoEveryRow(form.detail())) {
            report(Rule.DEFAULT_REWRITES, changeset, found, "writes every row of " + form.table() + " anew, for the value of "
                    + form.name() + ", while nobody can read or write it", safe.filledColumn(form));
        } else if (ColumnTypes.needsAValue(form.detail())) {
            report(Rule.NOT_NULL_SCANS, changeset, found,
                    "adds " + form.name() + " NOT NULL and without a default to " + form.table()
                            + ", which fails where it has rows",
                    "give it a defaultValue, or add it without NOT NULL and fill it");
        }
    }

    private void checkType(StatementForm form, WrittenChangeset changeset, Set<Rule> found) {
        switch (types.changeTo(form)) {
            case REWRITES -> report(Rule.TYPE_REWRITES, changeset, found, "writes every row of " + form.table()
                    + " anew, for the new type of " + form.name() + ", while nobody can read or write it", safe.newColumn(form));
            case NOT_KNOWN -> notExamined.add(changeset.place() + ": " + changeset.id());
            case KEEPS_ROWS -> {
            }
        }
    }

    /** What has run when a later statement fails cannot be rolled back, and hinders the next attempt. */
    private void checkSplit(WrittenChangeset changeset, List<StatementForm> forms) {
        boolean repeatable = forms.stream().limit(Math.max(0, forms.size() - 1))
                .allMatch(form -> form.kind() == Kind.DROPS_INDEX_CONCURRENTLY);
        if (!changeset.parsed().isRunInTransaction() && forms.size() > 1 && !repeatable) {
            report(Rule.SPLIT_CHANGESET, changeset, new HashSet<>(),
                    "runs " + forms.size() + " statements outside of a transaction;"
                            + " when one fails, those before it stay",
                    "a changeset for each; DROP INDEX CONCURRENTLY IF EXISTS may stand"
                            + " before the CREATE INDEX CONCURRENTLY that it prepares");
        }
    }

    private void report(Rule rule, WrittenChangeset changeset, Set<Rule> found, String what, String repair) {
        if (!found.add(rule)) {
            return;
        }
        String reason = acceptance(rule, changeset.parsed());
        findings.add(new Finding(rule, changeset.file(), changeset.line(), changeset.id(), what, reason == null
                ? repair + "\nor, if that does no harm here, in the changeset: comment: 'accept " + rule.code() + ": why'"
                : repair,
                reason));
    }

    private static String acceptance(Rule rule, ChangeSet changeset) {
        Matcher accepted = ACCEPTED.matcher(changeset.getComments() == null ? "" : changeset.getComments());
        while (accepted.find()) {
            if (accepted.group(1).equals(rule.code())) {
                return accepted.group(2).strip();
            }
        }
        return null;
    }

    private List<String> sqlOf(WrittenChangeset changeset) {
        List<String> sql = new ArrayList<>();
        for (Change change : changeset.parsed().getChanges()) {
            try {
                for (SqlStatement statement : change.generateStatements(database)) {
                    sql.addAll(ChangesetSql.of(statement, database));
                }
            } catch (RuntimeException e) {
                // Some changes ask the database first, and there is none.
                sql.add("");
            }
        }
        return sql;
    }
}
