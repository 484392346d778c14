/**
 * Writing revisions into a changelog's folder: a new one, to fill in or from the differences to a reference, and one that moves
 * behind another. Internal; imports {@code api}, {@code changelog}, {@code catalog}, {@code connection}, {@code database} and
 * {@code rehearse}.
 */
package com.juragpt.auditor.migrations.draft;
