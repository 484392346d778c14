package com.juragpt.auditor.migrations.benchmark;

/**
 * What is measured.
 *
 * @param tool its name, as a table has it
 * @param work what it does
 * @param size how many changesets there are
 */
record Subject(Tool tool, Work work, int size) {
}
