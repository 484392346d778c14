package com.juragpt.auditor.migrations.rollback;

import com.juragpt.auditor.migrations.api.DataLoss;
import com.juragpt.auditor.migrations.changelog.MigrationContext;
import com.juragpt.auditor.migrations.connection.Sql;
import com.juragpt.auditor.migrations.loss.StatementLosses;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The losses of a plan, so that what a step is about to delete can be found among them: by the identity of tables and columns,
 * as earlier steps may have renamed them since. H2 has no such identity; there the kind of the loss has to do.
 */
final class PlannedLosses {

    private static final String IDENTITY = """
            SELECT to_regclass(?)::oid::text || ' ' || coalesce((SELECT attnum::text FROM pg_attribute
                    WHERE attrelid = to_regclass(?) AND attname = (parse_ident(?))[1]), '')""";

    private final MigrationContext context;
    private final Map<DataLoss, String> identities = new LinkedHashMap<>();

    /** @param planned with the names that tables and columns have now */
    PlannedLosses(MigrationContext context, List<DataLoss> planned) throws SQLException {
        this.context = context;
        for (DataLoss loss : planned) {
            identities.put(loss, identity(loss));
        }
    }

    /** Whether the plan has this loss, with names as of now, or one that takes it along. */
    boolean cover(DataLoss found) throws SQLException {
        String identity = identity(found);
        return identities.entrySet().stream().anyMatch(planned -> StatementLosses.takesAlong(planned.getKey(), found)
                || planned.getKey().changeset().equals(found.changeset()) && planned.getKey().kind() == found.kind()
                        && planned.getKey().rows() >= found.rows() && planned.getValue().equals(identity));
    }

    private String identity(DataLoss loss) throws SQLException {
        if (!context.onPostgres() || loss.table() == null) {
            return "";
        }
        String column = loss.column() == null ? "none" : loss.column();
        return String.valueOf(Sql.text(context.connection(), IDENTITY, loss.table(), loss.table(), column));
    }
}
