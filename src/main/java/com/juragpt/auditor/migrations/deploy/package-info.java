/**
 * Deploying: one writer at a time, all or nothing, waiting and retrying, and the update itself. Internal; imports
 * {@code api}, {@code connection}, {@code lock}, {@code changelog}, {@code check}, {@code archive} and {@code loss}.
 */
package com.juragpt.auditor.migrations.deploy;
