/**
 * Deploying: one writer at a time, all or nothing, waiting and trying again, and the update itself. Internal; imports
 * {@code api}, {@code connection}, {@code lock} and {@code changelog}.
 */
package com.juragpt.auditor.migrations.deploy;
