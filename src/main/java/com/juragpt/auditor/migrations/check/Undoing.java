package com.juragpt.auditor.migrations.check;

import liquibase.change.Change;
import liquibase.change.core.AddColumnChange;
import liquibase.change.core.AddForeignKeyConstraintChange;
import liquibase.change.core.AddNotNullConstraintChange;
import liquibase.change.core.AddPrimaryKeyChange;
import liquibase.change.core.AddUniqueConstraintChange;
import liquibase.change.core.CreateIndexChange;
import liquibase.change.core.CreateSequenceChange;
import liquibase.change.core.CreateTableChange;
import liquibase.change.core.CreateViewChange;
import liquibase.change.core.InsertDataChange;
import liquibase.change.core.RenameColumnChange;
import liquibase.change.core.RenameTableChange;

/** The change that undoes another, in YAML, for a repair to copy. */
final class Undoing {

    private Undoing() {
    }

    static String of(Change change) {
        if (change instanceof CreateTableChange made) {
            return "dropTable: {tableName: " + made.getTableName() + "}";
        }
        if (change instanceof AddColumnChange made && !made.getColumns().isEmpty()) {
            return "dropColumn: {tableName: " + made.getTableName() + ", columnName: " + made.getColumns().get(0).getName() + "}";
        }
        if (change instanceof CreateIndexChange made) {
            return "dropIndex: {tableName: " + made.getTableName() + ", indexName: " + made.getIndexName() + "}";
        }
        if (change instanceof AddForeignKeyConstraintChange made) {
            return "dropForeignKeyConstraint: {baseTableName: " + made.getBaseTableName() + ", constraintName: "
                    + made.getConstraintName() + "}";
        }
        if (change instanceof AddUniqueConstraintChange made) {
            return "dropUniqueConstraint: {tableName: " + made.getTableName() + ", constraintName: " + made.getConstraintName()
                    + "}";
        }
        if (change instanceof AddPrimaryKeyChange made) {
            return "dropPrimaryKey: {tableName: " + made.getTableName() + ", constraintName: " + made.getConstraintName() + "}";
        }
        if (change instanceof AddNotNullConstraintChange made) {
            return "dropNotNullConstraint: {tableName: " + made.getTableName() + ", columnName: " + made.getColumnName() + "}";
        }
        if (change instanceof CreateSequenceChange made) {
            return "dropSequence: {sequenceName: " + made.getSequenceName() + "}";
        }
        if (change instanceof CreateViewChange made) {
            return "dropView: {viewName: " + made.getViewName() + "}";
        }
        if (change instanceof RenameTableChange made) {
            return "renameTable: {oldTableName: " + made.getNewTableName() + ", newTableName: " + made.getOldTableName() + "}";
        }
        if (change instanceof RenameColumnChange made) {
            return "renameColumn: {tableName: " + made.getTableName() + ", oldColumnName: " + made.getNewColumnName()
                    + ", newColumnName: " + made.getOldColumnName() + "}";
        }
        if (change instanceof InsertDataChange made) {
            return "delete: {tableName: " + made.getTableName() + ", where: \"id = …\"}";
        }
        return "sql: \"… what undoes it\"";
    }
}
