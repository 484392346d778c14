/**
 * Recognising a database that is as it was when there was nothing to deploy, without reading the changelog again. Internal; imports
 * {@code api}, {@code connection}, {@code lock} and {@code changelog}.
 */
package com.juragpt.auditor.migrations.current;
