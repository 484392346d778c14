package com.juragpt.auditor.migrations.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.Difference;
import com.juragpt.auditor.migrations.api.RenumberedRevision;
import com.juragpt.auditor.migrations.api.RevisionDraft;
import com.juragpt.auditor.migrations.api.WrittenRevision;
import java.util.List;
import org.junit.jupiter.api.Test;

class RevisionTextTest {

    private static final WrittenRevision WRITTEN = new WrittenRevision("002",
            List.of("changelog/002-x/users.yaml", "changelog/002-x/revision.yaml"), "changelog/db.changelog-master.yaml");
    private static final Difference MISSING = new Difference("table users", "is missing");

    private static RevisionDraft draft(List<Difference> notCovered, List<Difference> otherOrder, List<String> renames,
            List<String> notReversible, String failure) {
        return new RevisionDraft("wanted on db:5432", List.of(MISSING), WRITTEN, List.of("002-create-users"), renames, notCovered,
                otherOrder, notReversible, failure);
    }

    @Test
    void aRevisionToFillInSaysWhatIsNext() {
        assertThat(RevisionText.of(WRITTEN)).isEqualTo("""
                Revision 002 is written:
                  changelog/002-x/users.yaml
                  changelog/002-x/revision.yaml
                Included at the end of changelog/db.changelog-master.yaml
                Next: fill in changelog/002-x/users.yaml, then mvn migrations:rehearse. Until then nothing can be deployed""");
    }

    @Test
    void aDraftThatIsProvenSaysEqual() {
        RevisionDraft proven = draft(List.of(), List.of(), List.of(), List.of(), null);

        assertThat(RevisionText.of(proven)).isEqualTo("""
                1 difference from wanted on db:5432:
                  table users is missing
                Revision 002 is drafted:
                  changelog/002-x/users.yaml
                  changelog/002-x/revision.yaml
                Included at the end of changelog/db.changelog-master.yaml
                Equal: with the draft the changelog builds what wanted on db:5432 has, and every rollback undoes its changeset
                Next: read the files, then mvn migrations:check migrations:rehearse""");
        assertThat(RevisionText.unproven(proven)).isEmpty();
    }

    @Test
    void aDraftThatIsNotNeverSaysEqual() {
        for (RevisionDraft unproven : List.of(draft(List.of(MISSING), List.of(), List.of(), List.of(), null),
                draft(List.of(), List.of(), List.of(), List.of("002-x left something"), null),
                draft(List.of(), List.of(), List.of(), List.of(), "[changeset-failed] x failed"))) {
            assertThat(RevisionText.of(unproven)).doesNotContain("Equal");
            assertThat(RevisionText.unproven(unproven)).isPresent();
        }
        assertThat(RevisionText
                .unproven(draft(List.of(new Difference("function f()", "is missing: CREATE\n F\n")), List.of(), List.of(),
                        List.of("002-x after its rollback table y is missing"), null)))
                .contains("""
                        Not in the draft, to be written by hand:
                          function f() is missing: CREATE
                             F
                        Not undone by the rollbacks, to be fixed by hand:
                          002-x after its rollback table y is missing""");
        assertThat(RevisionText.unproven(draft(List.of(MISSING), List.of(), List.of(), List.of(), "[x] y\n  z"))).contains("""
                The draft cannot be applied as it is; fix the files by hand:
                  [x] y
                    z
                Not in the draft, to be written by hand (and perhaps more, as it could not be tried):
                  table users is missing""");
    }

    @Test
    void renamesAndTheOrderOfColumnsAreSaidOfAProvenDraftToo() {
        assertThat(
                RevisionText.of(draft(List.of(), List.of(new Difference("table t", "has its columns in another order: a stands")),
                        List.of("column a may have become b"), List.of(), null)))
                .contains("which loses what is in it; a remark in the file shows the rename:\n  column a may have become b\n")
                .contains("but for the order of the columns, which no change can alter:\n  table t has its columns")
                .contains("Equal: ");
    }

    @Test
    void noDifferenceWroteNothingAndOneThatCannotBeDraftedNeither() {
        assertThat(RevisionText.of(new RevisionDraft("wanted on db:5432", List.of())))
                .isEqualTo("No differences: the changelog builds what wanted on db:5432 has. Nothing was written");
        assertThat(RevisionText.of(new RevisionDraft("wanted on db:5432", List.of(MISSING)))).isEqualTo("""
                1 difference from wanted on db:5432:
                  table users is missing
                None of them can be drafted. Nothing was written""");
    }

    @Test
    void aRenumberedRevisionSaysWhetherADatabaseWasAsked() {
        RenumberedRevision moved = new RenumberedRevision("002", "003", "changelog/002-x", List.of("changelog/003-x/users.yaml"),
                List.of("003-create-users"), List.of("changelog/004-y/a.yaml:7: 002-create-users"));

        assertThat(RevisionText.of(moved, true)).isEqualTo("""
                Revision 002 of changelog/002-x is revision 003 now, behind all others:
                  changelog/003-x/users.yaml
                Changesets: 003-create-users
                Still named elsewhere, by the old name:
                  changelog/004-y/a.yaml:7: 002-create-users""");
        assertThat(RevisionText.of(moved, false))
                .endsWith("\nIt is taken on trust that no database has it: with -Dliquibase.url or"
                        + " DATABASE_URL one is asked");
        assertThat(
                RevisionText.of(new RenumberedRevision("003", "003", "changelog/003-x", List.of(), List.of(), List.of()), true))
                .isEqualTo("Nothing to do: revision 003 is the last one already. Nothing was changed");
    }
}
