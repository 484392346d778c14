/**
 * The deployment lock: an advisory lock, and the marked row that excludes a Liquibase without it. Internal, except that
 * Liquibase finds the lock service by its name; imports {@code api} and {@code connection}.
 */
package com.juragpt.auditor.migrations.lock;
