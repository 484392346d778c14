/**
 * One JDBC connection: its transaction, its settings, and what its failures mean. Internal; imports {@code api} alone.
 */
package com.juragpt.auditor.migrations.connection;
