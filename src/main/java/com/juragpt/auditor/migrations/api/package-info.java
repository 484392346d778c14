/**
 * What {@code Migrations} takes and returns, and the one exception: for applications, but for {@code Diagnosis}, which builds the
 * exceptions and is internal. Imports no other room.
 */
package com.juragpt.auditor.migrations.api;
