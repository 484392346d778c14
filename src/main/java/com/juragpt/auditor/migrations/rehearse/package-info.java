/**
 * Running changesets where everything is rolled back: rehearsals, and the comparisons of adoption and drift. Internal; imports
 * {@code api}, {@code connection}, {@code changelog}, {@code catalog}, {@code loss} and {@code rollback}.
 */
package com.juragpt.auditor.migrations.rehearse;
