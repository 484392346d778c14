package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.testing.TestDatabase;

/**
 * How a tool reaches a database.
 *
 * @param jdbcUrl without the user
 * @param url as libpq takes it, with the user
 */
record Address(String jdbcUrl, String url, String user, String password) {

    static Address of(TestDatabase database) {
        return new Address(database.jdbcUrl(), database.url(), database.user(), database.password());
    }

    /** The same database through a proxy on this machine. */
    Address through(CountingProxy proxy) {
        String local = "localhost:" + proxy.port() + "/";
        return new Address(jdbcUrl.replaceFirst("//[^/]*/", "//" + local), url.replaceFirst("@[^/]*/", "@" + local), user,
                password);
    }

    /** {@code host:port}. */
    String server() {
        return jdbcUrl.replaceFirst("[^/]*//([^/]*)/.*", "$1");
    }
}
