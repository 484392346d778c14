package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.LockHolder;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.lock.AdvisoryLockService;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.RanChangeSet;
import liquibase.exception.LiquibaseException;
import liquibase.lockservice.DatabaseChangeLogLock;
import liquibase.lockservice.StandardLockService;

/** Reads the {@link Status} of a database; writes nothing. */
public final class StatusReader {

    private final Session session;
    private final String databaseName;

    public StatusReader(Session session, String databaseName) {
        this.session = session;
        this.databaseName = databaseName;
    }

    public Status read() throws LiquibaseException, SQLException {
        List<RanChangeSet> history = session.history();
        DatabaseMetaData server = session.connection().getMetaData();
        List<String> tags = history.stream().map(RanChangeSet::getTag).filter(tag -> tag != null).toList();
        Optional<String> revision = revision(session);
        return new Status(databaseName, server.getDatabaseProductName() + " " + server.getDatabaseProductVersion(),
                revision.orElse(null), appliedAfter(revision, history), tags, changesets(history), lock().orElse(null));
    }

    /** The newest revision of the changelog that the history holds. */
    public static Optional<String> revision(Session session) throws LiquibaseException {
        List<String> revisions = session.revisions();
        return session.history().stream().map(RanChangeSet::getTag).filter(tag -> tag != null && revisions.contains(tag))
                .reduce((older, newer) -> newer);
    }

    private static int appliedAfter(Optional<String> revision, List<RanChangeSet> history) {
        int after = 0;
        for (RanChangeSet row : history) {
            if (revision.isPresent() && revision.get().equals(row.getTag())) {
                after = 0;
            } else if (!Session.isInternal(row)) {
                after++;
            }
        }
        return after;
    }

    private List<Status.Changeset> changesets(List<RanChangeSet> history) throws LiquibaseException {
        Map<ChangeSet, RanChangeSet> rowOf = new HashMap<>();
        List<Status.Changeset> unknown = new ArrayList<>();
        for (int i = 0; i < history.size(); i++) {
            RanChangeSet row = history.get(i);
            Optional<ChangeSet> changeset = session.find(row);
            if (changeset.isPresent()) {
                rowOf.put(changeset.get(), row);
            } else if (!Session.isInternal(row)) {
                unknown.add(applied(row, Status.State.UNKNOWN, history));
            }
        }
        Set<ChangeSet> pending = new HashSet<>(session.pending());
        List<ChangeSet> all = session.changesets();
        int lastApplied = -1;
        for (int i = 0; i < all.size(); i++) {
            if (rowOf.containsKey(all.get(i))) {
                lastApplied = i;
            }
        }
        List<Status.Changeset> result = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            ChangeSet changeset = all.get(i);
            RanChangeSet row = rowOf.get(changeset);
            if (row != null) {
                result.add(applied(row, stateOf(changeset, row, pending), history));
            } else {
                Status.State state = !pending.contains(changeset) ? Status.State.EXCLUDED
                        : i < lastApplied ? Status.State.PENDING_OUT_OF_ORDER : Status.State.PENDING;
                result.add(new Status.Changeset(changeset.getId(), changeset.getAuthor(), changeset.getFilePath(), state,
                        null, null, List.of()));
            }
        }
        result.addAll(unknown);
        return result;
    }

    private Status.State stateOf(ChangeSet changeset, RanChangeSet row, Set<ChangeSet> pending) {
        if (row.getExecType() == ChangeSet.ExecType.FAILED) {
            return Status.State.FAILED;
        }
        if (pending.contains(changeset) && !changeset.shouldAlwaysRun()) {
            return Status.State.PENDING;
        }
        if (session.isChanged(changeset, row)) {
            return Status.State.CHANGED;
        }
        return row.getExecType() == ChangeSet.ExecType.MARK_RAN ? Status.State.MARKED_RAN : Status.State.APPLIED;
    }

    private static Status.Changeset applied(RanChangeSet row, Status.State state, List<RanChangeSet> history) {
        LocalDateTime executed = row.getDateExecuted() == null ? null
                : LocalDateTime.ofInstant(row.getDateExecuted().toInstant(), ZoneId.systemDefault());
        List<String> tags = new ArrayList<>();
        int i = history.indexOf(row);
        do {
            if (history.get(i).getTag() != null && TagRow.isInPlace(history, i)) {
                tags.add(history.get(i).getTag());
            }
            i++;
        } while (i < history.size() && Session.isInternal(history.get(i)));
        return new Status.Changeset(row.getId(), row.getAuthor(), row.getChangeLog(), state, executed, row.getDeploymentId(),
                tags);
    }

    private Optional<LockHolder> lock() throws LiquibaseException, SQLException {
        StandardLockService rows = new StandardLockService();
        rows.setDatabase(session.database());
        if (session.onPostgres()) {
            Optional<LockHolder> holder = AdvisoryLock.holder(session.connection());
            if (holder.isPresent()) {
                return holder;
            }
        }
        session.refuseUnreadable(session.lockTable());
        for (DatabaseChangeLogLock row : rows.listLocks()) {
            // Marked rows belong to the advisory lock: nobody holds that, so their writer is dead and they block nobody.
            if (!row.getLockedBy().startsWith(AdvisoryLockService.MARK)) {
                return Optional.of(new LockHolder(row.getLockedBy(),
                        row.getLockGranted() == null ? null : row.getLockGranted().toInstant()));
            }
        }
        return Optional.empty();
    }
}
