/**
 * Rolling back: the plan, the data that it would lose, the archive, and carrying it out. Internal; imports {@code api},
 * {@code connection}, {@code changelog} and {@code deploy}.
 */
package com.juragpt.auditor.migrations.rollback;
