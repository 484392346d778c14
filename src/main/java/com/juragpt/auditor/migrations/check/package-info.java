/**
 * What is wrong in a changelog's files, found without a database: each rule is checked against the author's text and against what
 * Liquibase parsed, because Liquibase silently ignores many mistakes. Internal. Imports {@code api} and {@code changelog}.
 */
package com.juragpt.auditor.migrations.check;
