/**
 * What a rollback archives instead of deleting it: its form, and how it is restored. Internal; imports {@code api},
 * {@code connection} and {@code changelog}.
 */
package com.juragpt.auditor.migrations.archive;
