package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.RenumberedRevision;
import com.juragpt.auditor.migrations.api.RevisionDraft;
import com.juragpt.auditor.migrations.api.WrittenRevision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What was written into a changelog's folder, and what is to do next. Lines separated by line feeds. */
public final class RevisionText {

    private RevisionText() {
    }

    /** A revision to fill in. */
    public static String of(WrittenRevision written) {
        List<String> toFillIn = written.files().subList(0, written.files().size() - 1);
        return files("Revision " + written.revision() + " is written:", written.files())
                + "\nIncluded at the end of " + written.master()
                + "\nNext: fill in " + (toFillIn.size() == 1 ? toFillIn.get(0) : "the files of the tables")
                + ", then mvn migrations:rehearse. Until then nothing can be deployed";
    }

    /** @param checked whether a database was asked if it has the revision */
    public static String of(RenumberedRevision moved, boolean checked) {
        if (!moved.isMoved()) {
            return "Nothing to do: revision " + moved.to() + " is the last one already. Nothing was changed";
        }
        StringBuilder text = new StringBuilder();
        text.append(files(
                "Revision " + moved.from() + " of " + moved.oldFolder() + " is revision " + moved.to()
                        + " now, behind all others:",
                moved.files()));
        text.append('\n').append(Wording.list("Changesets: ", moved.changesets()));
        if (!moved.mentions().isEmpty()) {
            text.append("\nStill named elsewhere, by the old name:\n  ").append(String.join("\n  ", moved.mentions()));
        }
        return text + (checked ? ""
                : "\nIt is taken on trust that no database has it: with -Dliquibase.url or DATABASE_URL one is asked");
    }

    /** A draft: what differs, what was written, and what the proof said. */
    public static String of(RevisionDraft draft) {
        if (draft.differences().isEmpty()) {
            return "No differences: the changelog builds what " + draft.reference() + " has. Nothing was written";
        }
        String differences =
                list(Wording.count(draft.differences().size(), "difference", "differences") + " from " + draft.reference() + ":",
                        draft.differences());
        if (draft.written() == null) {
            return differences + "\nNone of them can be drafted. Nothing was written";
        }
        StringBuilder text = new StringBuilder(differences).append('\n')
                .append(files("Revision " + draft.written().revision() + " is drafted:", draft.written().files()))
                .append("\nIncluded at the end of ").append(draft.written().master());
        if (!draft.renames().isEmpty()) {
            text.append(
                    list("\nDrafted as a drop and an addition, which loses what is in it; a remark in the file shows the rename:",
                            draft.renames()));
        }
        if (!draft.otherOrder().isEmpty()) {
            text.append(list("\nAs in the reference, but for the order of the columns, which no change can alter:",
                    draft.otherOrder()));
        }
        if (draft.isProven()) {
            text.append("\nEqual: with the draft the changelog builds what ").append(draft.reference())
                    .append(" has, and every rollback undoes its changeset");
        }
        return text + "\nNext: read the files, then mvn migrations:check migrations:rehearse";
    }

    /** What the draft does not do, and what is to do about it; empty if there is nothing. */
    public static Optional<String> unproven(RevisionDraft draft) {
        if (draft.isProven()) {
            return Optional.empty();
        }
        List<String> parts = new ArrayList<>();
        if (draft.failure() != null) {
            parts.add("The draft cannot be applied as it is; fix the files by hand:\n  " + draft.failure().replace("\n", "\n  "));
        }
        if (!draft.notCovered().isEmpty()) {
            parts.add(list("Not in the draft, to be written by hand"
                    + (draft.failure() == null ? ":" : " (and perhaps more, as it could not be tried):"), draft.notCovered()));
        }
        if (!draft.notReversible().isEmpty()) {
            parts.add(list("Not undone by the rollbacks, to be fixed by hand:", draft.notReversible()));
        }
        return Optional.of(String.join("\n", parts));
    }

    private static String list(String heading, List<?> items) {
        return heading + items.stream().map(item -> "\n  " + item.toString().strip().replace("\n", "\n    "))
                .collect(Collectors.joining());
    }

    private static String files(String heading, List<String> files) {
        return heading + "\n  " + String.join("\n  ", files);
    }
}
