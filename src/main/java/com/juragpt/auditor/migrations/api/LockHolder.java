package com.juragpt.auditor.migrations.api;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;

/**
 * Who holds the deployment lock.
 *
 * @param who the session or host, in words
 * @param since when its transaction began, else when it connected; or when the lock table's row was taken; null if that is not known
 */
public record LockHolder(String who, Instant since) {

    private static final DateTimeFormatter LOCAL_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

    @Override
    public String toString() {
        return since == null ? who : who + ", since " + LOCAL_TIME.format(since);
    }
}
