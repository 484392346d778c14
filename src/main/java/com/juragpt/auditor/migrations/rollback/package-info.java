/**
 * Rolling back: the plan, the data that it would delete, the archive, and the rollback itself. Internal; imports {@code api},
 * {@code connection}, {@code changelog}, {@code loss}, {@code archive} and {@code deploy}.
 */
package com.juragpt.auditor.migrations.rollback;
