package com.juragpt.auditor.migrations.draft;

import com.juragpt.auditor.migrations.changelog.Unfilled;

/** The files of a revision as text, in the form of those that this module carries. Names are letters, digits, _ and - alone. */
final class Template {

    static final String TAG_FILE = "revision.yaml";

    private static final String TO_FILL_IN = """
            # Revision %1$s, %2$s: %3$s.
            # Write its changesets in place of this one, one change in each, with a rollback that undoes it. Until then this stops
            # every deployment.
            databaseChangeLog:
              - changeSet:
                  id: '%1$s-fill-in-%4$s'
                  author: %5$s
                  changes:
                    - stop: {message: '%6$srevision %1$s, %3$s'}
                  rollback:
                    - empty: {}
            """;

    private static final String TAG = """
            # The end of revision %1$s: %2$s.
            databaseChangeLog:
              - changeSet:
                  id: '%1$s-tag-revision'
                  author: %3$s
                  changes:
                    - tagDatabase:
                        tag: '%1$s'
                        keepTagOnRollback: true
                  rollback:
                    - empty: {}
            """;

    private Template() {
    }

    /** @param table null for a file that is not one table's */
    static String toFillIn(String revision, String slug, String table, String author) {
        return TO_FILL_IN.formatted(revision, words(slug), table == null ? "what it does" : "the table " + table,
                table == null ? "changes" : RevisionName.inId(table), YamlText.scalar(author), Unfilled.MESSAGE);
    }

    static String tag(String revision, String slug, String author) {
        return TAG.formatted(revision, words(slug), YamlText.scalar(author));
    }

    static String words(String slug) {
        return slug.replace('-', ' ');
    }
}
