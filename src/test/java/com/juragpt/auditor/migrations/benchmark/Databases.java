package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.testing.TestDatabase;

/** Makes empty databases, drops them, and sees what the server counts in them, from outside. */
final class Databases {

    private static final int STEADY = 3;

    private final TestDatabase empty;
    private final TestDatabase observer;

    /**
     * @param empty what a new one is a copy of
     * @param observer another one, whose sessions are not counted
     */
    Databases(TestDatabase empty, TestDatabase observer) {
        this.empty = empty;
        this.observer = observer;
    }

    TestDatabase create() {
        return empty.copy();
    }

    void drop(TestDatabase database) {
        observer.execute("DROP DATABASE " + database.name() + " WITH (FORCE)");
    }

    /** The transactions that were committed in a database; waits until nobody is connected and the server has counted all. */
    long commits(TestDatabase database) throws InterruptedException {
        long before = -1;
        for (int steady = 0; steady < STEADY;) {
            Thread.sleep(250);
            boolean free = observer.query("SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = ?",
                    database.name()).isEmpty();
            long now = Long.parseLong(
                    observer.query("SELECT xact_commit FROM pg_stat_database WHERE datname = ?", database.name()).get(0).get(0));
            steady = free && now == before ? steady + 1 : 0;
            before = now;
        }
        return before;
    }

    /** The version of the server. */
    String version() {
        return observer.query("SHOW server_version").get(0).get(0);
    }

    /** A setting of the server. */
    String setting(String name) {
        return observer.query("SELECT current_setting(?)", name).get(0).get(0);
    }
}
