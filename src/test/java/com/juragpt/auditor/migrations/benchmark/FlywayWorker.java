package com.juragpt.auditor.migrations.benchmark;

import java.nio.file.Path;
import org.flywaydb.core.Flyway;
import org.postgresql.ds.PGSimpleDataSource;

/** Flyway's API. Compiled with the profile of the benchmark only. */
final class FlywayWorker extends Worker {

    /** @param arguments the folder of the changesets */
    public static void main(String[] arguments) throws Exception {
        new FlywayWorker().serve(arguments);
    }

    @Override
    void run(Work work, Path folder, PGSimpleDataSource database) {
        Flyway flyway = Flyway.configure().dataSource(database)
                .locations("filesystem:" + folder.resolve(Changesets.FLYWAY)).load();
        switch (work) {
            case FRESH, NO_OP -> flyway.migrate();
            case STATUS, REQUIRE_CURRENT -> flyway.info().pending();
        }
    }
}
