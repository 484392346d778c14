/**
 * The changelog as Liquibase parses it, the history that a database has of it, and what follows from the two: status, tags,
 * pending changesets. Internal; imports {@code api}, {@code connection} and {@code lock}.
 */
package com.juragpt.auditor.migrations.changelog;
