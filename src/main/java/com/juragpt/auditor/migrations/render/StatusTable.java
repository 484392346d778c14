package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.Archive;
import com.juragpt.auditor.migrations.api.Status;
import com.juragpt.auditor.migrations.api.Status.Changeset;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A {@link Status} for a terminal: the state of the database, then the changesets by the deployment that ran them. */
public final class StatusTable {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
    private static final int LONGEST_ID_COLUMN = 50;
    private static final Pattern REVISION = Pattern.compile("(?:.*/)?(\\d{3,}-[^/]+)/[^/]+");

    private StatusTable() {
    }

    /** Lines of at most 92 columns (a changeset's id is never cut), separated by line feeds, without one at the end. */
    public static String of(Status status) {
        StringBuilder text = new StringBuilder();
        text.append("database  ").append(status.database()).append(" (").append(status.product()).append(")\n");
        text.append("revision  ").append(revision(status)).append('\n');
        text.append(Wording.list("tags      ", status.tags().isEmpty() ? List.of("none") : status.tags())).append('\n');
        int pending = status.pending().size();
        text.append("pending   ").append(pending == 0 ? "nothing" : Wording.changesets(pending)).append('\n');
        misplaced(status).ifPresent(text::append);
        text.append("lock      ").append(status.lock() == null ? "free" : "held by " + status.lock());
        String label = "\narchives  ";
        for (Archive archive : status.archives()) {
            text.append(label).append(words(archive));
            label = "\n          ";
        }
        int stateColumn = width(status.changesets().stream().map(StatusTable::words).toList());
        int idColumn = Math.min(LONGEST_ID_COLUMN, width(status.changesets().stream().map(Changeset::id).toList()));
        groups(status.changesets()).forEach((heading, changesets) -> {
            text.append("\n\n").append(heading);
            for (Changeset changeset : changesets) {
                text.append('\n').append(line(changeset, stateColumn, idColumn));
            }
        });
        return text.toString();
    }

    /** Two branches met, and the one that was deployed later stands before the other. */
    private static Optional<String> misplaced(Status status) {
        List<Changeset> misplaced = status.changesets().stream()
                .filter(changeset -> changeset.state() == Status.State.PENDING_OUT_OF_ORDER).toList();
        if (misplaced.isEmpty()) {
            return Optional.empty();
        }
        Matcher folder = REVISION.matcher(misplaced.get(0).file());
        return Optional.of("          " + misplaced.size() + " before an applied one: move "
                + (misplaced.size() == 1 ? "it" : "them") + " to the end of the changelog, as\n          "
                + "mvn migrations:new -Dmigrations.renumber=" + (folder.matches() ? folder.group(1) : "…") + " does\n");
    }

    private static String words(Archive archive) {
        if (archive.format() == 0) {
            return archive.name() + ": " + Wording.count(archive.tables(), "copy", "copies") + ", does not say of what";
        }
        return archive.name() + ": " + Wording.count(archive.rows(), "row", "rows") + " of "
                + Wording.count(archive.tables(), "table or column", "tables and columns") + ", "
                + Wording.age(archive.age()) + " old\n            "
                + (archive.tag() == null ? "from an update" : "from the rollback to '" + archive.tag() + "'") + " by "
                + archive.role();
    }

    private static String revision(Status status) {
        if (status.revision() == null) {
            int applied = status.appliedAfterRevision();
            return applied == 0 ? "none yet" : "none, after " + Wording.changesets(applied);
        }
        String at = status.revision();
        if (status.appliedAfterRevision() > 0) {
            return at + " and " + Wording.changesets(status.appliedAfterRevision()) + " further";
        }
        return status.pending().isEmpty() ? at + " (head)" : at;
    }

    private static Map<String, List<Changeset>> groups(List<Changeset> changesets) {
        Map<String, List<Changeset>> byDeployment = new LinkedHashMap<>();
        List<Changeset> notDeployed = new ArrayList<>();
        for (Changeset changeset : changesets) {
            if (changeset.executed() == null) {
                notDeployed.add(changeset);
            } else {
                String deployment = changeset.deployment() == null ? "" : changeset.deployment();
                byDeployment.computeIfAbsent(deployment, id -> new ArrayList<>()).add(changeset);
            }
        }
        Map<String, List<Changeset>> groups = new LinkedHashMap<>();
        byDeployment.entrySet().stream()
                .sorted(Comparator.comparing(entry -> begin(entry.getValue())))
                .forEach(entry -> groups.put(heading(entry.getKey(), begin(entry.getValue())), entry.getValue()));
        if (!notDeployed.isEmpty()) {
            groups.put("not deployed", notDeployed);
        }
        return groups;
    }

    private static String heading(String deployment, LocalDateTime begin) {
        return "deployment " + (deployment.isEmpty() ? "not recorded" : deployment) + ", " + TIME.format(begin);
    }

    private static LocalDateTime begin(List<Changeset> deployment) {
        return deployment.stream().map(Changeset::executed).min(Comparator.naturalOrder()).orElseThrow();
    }

    private static String line(Changeset changeset, int stateColumn, int idColumn) {
        String line = "  " + pad(words(changeset), stateColumn) + "  ";
        if (changeset.tags().isEmpty()) {
            return line + changeset.id();
        }
        String tags = changeset.tags().size() == 1 ? "tag " : "tags ";
        String whole = line + pad(changeset.id(), idColumn) + "  " + tags + String.join(", ", changeset.tags());
        return whole.length() <= Wording.WIDTH ? whole
                : line + changeset.id() + "\n" + Wording.list("      " + tags, changeset.tags());
    }

    private static String words(Changeset changeset) {
        return switch (changeset.state()) {
            case APPLIED -> "applied";
            // It is in the history, and its runOnChange or runAlways makes it run once more.
            case PENDING -> changeset.executed() == null ? "pending" : "pending again";
            case PENDING_OUT_OF_ORDER -> "pending before an applied one";
            case CHANGED -> "changed since it was applied";
            case UNKNOWN -> "unknown here";
            case MARKED_RAN -> "marked as run";
            case SKIPPED -> "skipped by its precondition";
            case FAILED -> "failed";
            case EXCLUDED -> "excluded";
        };
    }

    private static int width(List<String> column) {
        return column.stream().mapToInt(String::length).max().orElse(0);
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
