/**
 * The deployment lock: an advisory lock, and the marked row that keeps out a Liquibase without it. Internal, but that Liquibase
 * finds the lock service by its name; imports {@code api} and {@code connection}.
 */
package com.juragpt.auditor.migrations.lock;
