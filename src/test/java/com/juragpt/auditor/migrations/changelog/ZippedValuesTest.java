package com.juragpt.auditor.migrations.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.testing.Deployed;
import com.juragpt.auditor.migrations.testing.SampleChangelog;
import com.juragpt.auditor.migrations.testing.StockLiquibase;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file of values that is zipped is loaded as stock Liquibase loads it, be it too long to be remembered. */
class ZippedValuesTest {

    @ParameterizedTest
    @ValueSource(ints = {3, AskedFiles.LONG + 1})
    void theyAreLoadedAsByStock(int length, @TempDir Path folder) throws IOException {
        MigrationOptions options = new SampleChangelog(folder).of(SampleChangelog.table("values_of"), """
                id: load
                changes:
                  - loadData: {tableName: values_of, file: values.csv.gz}
                rollback:
                  - delete: {tableName: values_of}
                """).options();
        try (OutputStream file = new GZIPOutputStream(Files.newOutputStream(folder.resolve("values.csv.gz")))) {
            file.write(("id,note\n1," + "x".repeat(length) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        JdbcDataSource ours = h2("ours" + length);
        JdbcDataSource theirs = h2("theirs" + length);

        assertThat(Migrations.of(ours, options).update().changesets()).hasSize(2);
        new StockLiquibase(theirs, options).update();

        assertThat(Deployed.inH2(ours).differencesFrom(Deployed.inH2(theirs))).isEmpty();
        assertThat(new StockLiquibase(ours, options).pending()).isEmpty();
    }

    private static JdbcDataSource h2(String name) {
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:zipped-" + name + ";MODE=PostgreSQL;DB_CLOSE_DELAY=-1");
        return source;
    }
}
