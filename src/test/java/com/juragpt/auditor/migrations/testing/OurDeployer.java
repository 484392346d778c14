package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.Migrations;
import java.nio.file.Path;
import org.postgresql.ds.PGSimpleDataSource;

/** Main class of a process that deploys a {@link SampleChangelog}. */
public final class OurDeployer {

    private OurDeployer() {
    }

    /** @param arguments the sample changelog's folder, the JDBC URL, the user and the password */
    public static void main(String[] arguments) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(arguments[1]);
        source.setUser(arguments[2]);
        source.setPassword(arguments[3]);
        Migrations.of(source, new SampleChangelog(Path.of(arguments[0])).options()).update();
    }
}
