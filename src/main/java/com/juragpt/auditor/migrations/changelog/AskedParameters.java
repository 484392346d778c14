package com.juragpt.auditor.migrations.changelog;

import java.util.Optional;
import liquibase.changelog.ChangeLogParameters;
import liquibase.changelog.ChangeSet;
import liquibase.changelog.DatabaseChangeLog;
import liquibase.database.Database;

/** The properties of a changelog, which notes in the record of its files that one was asked for, however that was written. */
final class AskedParameters extends ChangeLogParameters {

    private final Optional<ReadFiles> record;

    AskedParameters(Database database, Optional<ReadFiles> record) {
        super(database);
        this.record = record;
    }

    @Override
    public Object getValue(String key, DatabaseChangeLog changelog) {
        record.ifPresent(ReadFiles::askedElsewhere);
        return super.getValue(key, changelog);
    }

    @Override
    public Object getLocalValue(String key, ChangeSet changeset) {
        record.ifPresent(ReadFiles::askedElsewhere);
        return super.getLocalValue(key, changeset);
    }

    @Override
    public boolean hasValue(String key, DatabaseChangeLog changelog) {
        record.ifPresent(ReadFiles::askedElsewhere);
        return super.hasValue(key, changelog);
    }
}
