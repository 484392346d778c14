/**
 * Where an application begins: {@link com.juragpt.auditor.migrations.Migrations}, which calls the rooms below. Imports all of
 * them but {@code render} and {@code maven}, and no other room imports it than {@code maven}.
 */
package com.juragpt.auditor.migrations;
