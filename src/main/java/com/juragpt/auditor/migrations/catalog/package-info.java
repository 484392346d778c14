/**
 * A schema as text, which compares line by line. Internal; imports {@code api} and {@code connection}.
 */
package com.juragpt.auditor.migrations.catalog;
