/**
 * The changelog as Liquibase parses it, a database's history of it, and what depends on the two: status, tags, pending
 * changesets. Internal; imports {@code api}, {@code connection} and {@code lock}.
 */
package com.juragpt.auditor.migrations.changelog;
