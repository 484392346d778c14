package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.check.YamlFile.Entry;
import liquibase.changelog.ChangeSet;

/**
 * A changeset where its author wrote it.
 *
 * @param file its file's name
 * @param line where it begins, counted from 1; 0 if that is not known
 * @param id as Liquibase reads it
 * @param author as Liquibase reads it
 * @param entry its text, in YAML and JSON; else null
 * @param parsed what Liquibase made of it; null if it is for another kind of database, or its file could not be read
 */
record WrittenChangeset(String file, int line, String id, String author, Entry entry, ChangeSet parsed) {

    WrittenChangeset as(ChangeSet changeset) {
        return new WrittenChangeset(file, line, id, author, entry, changeset);
    }

    /** The same without its text, of which there is a lot where there are many. */
    WrittenChangeset withoutText() {
        return new WrittenChangeset(file, line, id, author, null, parsed);
    }

    boolean isParsed() {
        return parsed != null;
    }

    String place() {
        return line == 0 ? file : file + ":" + line;
    }
}
