package com.juragpt.auditor.migrations.render;

import com.juragpt.auditor.migrations.api.RenumberedRevision;
import com.juragpt.auditor.migrations.api.WrittenRevision;
import java.util.List;

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

    private static String files(String heading, List<String> files) {
        return heading + "\n  " + String.join("\n  ", files);
    }
}
