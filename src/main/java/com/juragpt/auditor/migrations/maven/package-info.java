/**
 * The Maven goals, one class each: parameters, one call of the API, and its rendering in the log. Imports the root, {@code api},
 * {@code database} and {@code render}; nothing imports it.
 */
package com.juragpt.auditor.migrations.maven;
