package com.juragpt.auditor.migrations.database;

import java.util.Map;

/**
 * What a database URL says.
 *
 * @param servers {@code host:port}, separated by commas; null for H2
 * @param database the name in the URL, or null when it has none; for H2 what follows {@code jdbc:h2:}
 * @param user null when none is given
 * @param password null when none is given
 * @param parameters the others, by pgjdbc's names
 */
record UrlParts(String servers, String database, String user, String password, Map<String, String> parameters) {

    UrlParts {
        database = emptyToNull(database);
        user = emptyToNull(user);
        password = emptyToNull(password);
        parameters = Map.copyOf(parameters);
    }

    /** The same for another user; a null or empty argument keeps what is there. */
    UrlParts withCredentials(String newUser, String newPassword) {
        return new UrlParts(servers, database, emptyToNull(newUser) == null ? user : newUser,
                emptyToNull(newPassword) == null ? password : newPassword, parameters);
    }

    private static String emptyToNull(String text) {
        return text == null || text.isEmpty() ? null : text;
    }

    /** Without anything, as the password must not show. */
    @Override
    public String toString() {
        return "a database URL";
    }
}
