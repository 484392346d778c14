package com.juragpt.auditor.migrations.api;

import java.util.Locale;

/** The kinds of problems that a {@link MigrationException} reports. Codes are stable: scripts may match on them. */
public enum Problem {

    /** Alembic's own table names another revision than the schema has. */
    ALEMBIC_DISAGREES,
    /** The database to adopt has a history already. */
    ALREADY_MANAGED,
    /** The schema to adopt is that of several revisions, which differ in data alone; or several folders are one revision's. */
    AMBIGUOUS_REVISION,
    /** More than one history row carries the tag. */
    AMBIGUOUS_TAG,
    /** What was archived does not fit into the schema as it is now. */
    CANNOT_RESTORE,
    /** The database could not be reached, or refused the user. */
    CANNOT_CONNECT,
    /** A changeset was edited after it was deployed. */
    CHANGED_CHANGESET,
    /** A changeset or its rollback failed in the database. */
    CHANGESET_FAILED,
    /** The connection broke, or the server ended the session, while something was under way. */
    CONNECTION_LOST,
    /** More changesets or revisions were asked for than there are, or fewer than one. */
    COUNT_OUT_OF_RANGE,
    /** The history has rows that no Liquibase writes. */
    DAMAGED_HISTORY,
    /** The server refused something outside of any changeset. */
    DATABASE_ERROR,
    /** Objects outside of a rollback's plan depend on what it drops. */
    DEPENDENT_OBJECTS,
    /** A rollback, or an update that was told to look, would delete or overwrite data. */
    DESTROYS_DATA,
    /** A changeset to roll back is excluded by the contexts or labels that were given. */
    EXCLUDED_CHANGESET,
    /** Something failed that neither the database nor the changelog explains. */
    INTERNAL_ERROR,
    /** The changelog is missing or cannot be understood. */
    INVALID_CHANGELOG,
    /** A database URL that cannot be understood, or names a database this module does not serve. */
    INVALID_DATABASE_URL,
    /** A parameter of a goal that cannot be understood. */
    INVALID_PARAMETER,
    /** A reference to draft a revision from that cannot be used. */
    INVALID_REFERENCE,
    /** A tag that cannot be used as a name. */
    INVALID_TAG,
    /** Another deployment is under way, and waiting for it took too long. */
    LOCKED,
    /** Other sessions held a lock that a statement needed. */
    LOCK_TIMEOUT,
    /** A changeset to roll back is not in this changelog. */
    MISSING_CHANGESET,
    /** The role lacks a privilege. */
    MISSING_PRIVILEGE,
    /** The session's search path names no schema that exists. */
    MISSING_SCHEMA,
    /** No database was named. */
    NO_DATABASE,
    /** The database to adopt is empty. */
    NOTHING_TO_ADOPT,
    /** A changeset to roll back has no rollback. */
    NO_ROLLBACK,
    /** Changesets are pending where none may be. */
    NOT_CURRENT,
    /** A file could not be written. */
    OUTPUT_FILE,
    /** The database changed between the plan and the rollback. */
    PLAN_OUTDATED,
    /** Changesets outside of transactions need a session of their own, and a pooler is in between. */
    POOLED_CONNECTION,
    /** What was asked for can be had on PostgreSQL alone. */
    POSTGRESQL_ONLY,
    /** The server is a standby, or the role's transactions are read-only by default. */
    READ_ONLY_DATABASE,
    /** The rehearsal failed its gate. */
    REHEARSAL_OBJECTS,
    /** Rows are there already, with another content than the archived ones. */
    RESTORE_CONFLICT,
    /** The revision to renumber is deployed. */
    REVISION_DEPLOYED,
    /** A revision of this name or number is there already. */
    REVISION_EXISTS,
    /** What would be deployed is not what was reviewed. */
    REVIEW_OUTDATED,
    /** The rollback ran but did not end at the tag, so its transaction was rolled back. */
    ROLLBACK_INCOMPLETE,
    /** The live schema is not what it should be. */
    SCHEMA_DIFFERS,
    /** A rehearsed statement took longer than it was given. */
    STATEMENT_TIMEOUT,
    /** The tag is one that a later changeset of this changelog will set. */
    TAG_RESERVED,
    /** The tag is in use. */
    TAG_EXISTS,
    /** No archive of this name. */
    UNKNOWN_ARCHIVE,
    /** No such revision in this changelog. */
    UNKNOWN_REVISION,
    /** No such tag in the history. */
    UNKNOWN_TAG,
    /** An archive that does not say what it holds, or says it in a form that this version does not know. */
    UNREADABLE_ARCHIVE,
    /** The changelog's files say something else than their author meant, or break a convention that was chosen. */
    UNSOUND_CHANGELOG,
    /** The changelog has a form that revisions cannot be written into. */
    UNSUPPORTED_CHANGELOG,
    /** The update ran but its changesets are not in the history; it was rolled back. */
    UPDATE_INCOMPLETE;

    /** The code as messages and scripts write it: {@code invalid-database-url}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
