/**
 * What a rollback or an update archives before it deletes it: its form, and how it is restored. Internal; imports {@code api},
 * {@code connection} and {@code changelog}.
 */
package com.juragpt.auditor.migrations.archive;
