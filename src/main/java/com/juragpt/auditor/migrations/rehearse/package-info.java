/**
 * Running changesets where everything is rolled back: rehearsals, and the comparisons of adoption and drift. Internal; imports
 * {@code api}, {@code connection}, {@code changelog}, {@code catalog} and {@code rollback}.
 */
package com.juragpt.auditor.migrations.rehearse;
