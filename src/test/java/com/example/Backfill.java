package com.example;

import liquibase.change.custom.CustomTaskChange;
import liquibase.database.Database;
import liquibase.exception.ValidationErrors;
import liquibase.resource.ResourceAccessor;

/** The custom change in the document's list of changes. Nobody may run it to find out what it deletes. */
public final class Backfill implements CustomTaskChange {

    @Override
    public void execute(Database database) {
        throw new IllegalStateException("run");
    }

    @Override
    public String getConfirmationMessage() {
        return "backfilled";
    }

    @Override
    public void setUp() {
        // nothing to set up
    }

    @Override
    public void setFileOpener(ResourceAccessor resources) {
        // needs no files
    }

    @Override
    public ValidationErrors validate(Database database) {
        return new ValidationErrors();
    }
}
