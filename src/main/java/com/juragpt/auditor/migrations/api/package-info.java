/**
 * What {@code Migrations} takes and returns, and the one exception: for applications, except {@code Diagnosis}, which builds the
 * exceptions and is internal. Imports no other package of this module.
 */
package com.juragpt.auditor.migrations.api;
