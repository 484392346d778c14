/**
 * What a deployment would do, read in full before it is done, and the digest that stands for it. Internal; imports {@code api},
 * {@code connection}, {@code lock}, {@code changelog}, {@code loss} and {@code rollback}.
 */
package com.juragpt.auditor.migrations.review;
