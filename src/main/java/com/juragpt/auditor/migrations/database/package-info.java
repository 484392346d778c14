/**
 * Where the database is: a URL in any of the forms that people set, and the driver behind {@code jdbc:env:NAME}. For
 * applications; imports no more than the exception and what builds it.
 */
package com.juragpt.auditor.migrations.database;
