/**
 * What SQL deletes: foreseen from statements, counted in the tables, or measured after it ran. Internal; imports {@code api},
 * {@code connection} and {@code changelog}.
 */
package com.juragpt.auditor.migrations.loss;
