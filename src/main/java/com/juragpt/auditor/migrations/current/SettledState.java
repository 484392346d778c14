package com.juragpt.auditor.migrations.current;

import com.juragpt.auditor.migrations.changelog.AskedFiles;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import liquibase.resource.ResourceAccessor;

/**
 * What a database and a changelog were when there was nothing to do.
 *
 * @param tables where the database keeps its history and its lock
 * @param history the digest of the history
 * @param files the changelog's
 */
record SettledState(DatabaseState.Tables tables, String history, AskedFiles files) {

    private static final Logger LOG = Logger.getLogger(SettledState.class.getName());

    /** Whether both are so still, and nobody deploys at this moment. */
    boolean isStill(Connection connection, ResourceAccessor resources) throws SQLException {
        Optional<DatabaseState> now = DatabaseState.read(connection, tables);
        return now.isPresent() && !now.get().locked() && now.get().history().equals(history) && isUnchanged(resources);
    }

    private boolean isUnchanged(ResourceAccessor resources) {
        try {
            return files.areAs(resources);
        } catch (IOException e) {
            // Reading the changelog will say it better.
            LOG.log(Level.FINE, "The changelog cannot be read as before", e);
            return false;
        }
    }
}
