package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import java.nio.file.Path;
import liquibase.resource.DirectoryResourceAccessor;
import org.postgresql.ds.PGSimpleDataSource;

/** This module's API. */
final class OurWorker extends Worker {

    /** @param arguments the folder of the changesets */
    public static void main(String[] arguments) throws Exception {
        new OurWorker().serve(arguments);
    }

    @Override
    void run(Work work, Path folder, PGSimpleDataSource database) throws Exception {
        Migrations migrations = Migrations.of(database, MigrationOptions.defaults()
                .withChangelog(Changesets.MASTER, new DirectoryResourceAccessor(folder)));
        switch (work) {
            case FRESH, NO_OP -> migrations.update();
            case STATUS -> migrations.status();
            case REQUIRE_CURRENT -> migrations.requireCurrent();
        }
    }
}
