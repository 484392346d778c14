package com.juragpt.auditor.migrations.loss;

import com.juragpt.auditor.migrations.changelog.PlainOption;
import com.juragpt.auditor.migrations.connection.SqlText;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import liquibase.change.ColumnConfig;
import liquibase.statement.DatabaseFunction;
import liquibase.statement.SequenceNextValueFunction;
import liquibase.statement.SqlStatement;
import liquibase.statement.core.AddAutoIncrementStatement;
import liquibase.statement.core.AddColumnStatement;
import liquibase.statement.core.AddDefaultValueStatement;
import liquibase.statement.core.AddForeignKeyConstraintStatement;
import liquibase.statement.core.AddPrimaryKeyStatement;
import liquibase.statement.core.AddUniqueConstraintStatement;
import liquibase.statement.core.CommentStatement;
import liquibase.statement.core.CreateIndexStatement;
import liquibase.statement.core.CreateSequenceStatement;
import liquibase.statement.core.CreateTableStatement;
import liquibase.statement.core.CreateViewStatement;
import liquibase.statement.core.DropDefaultValueStatement;
import liquibase.statement.core.DropForeignKeyConstraintStatement;
import liquibase.statement.core.DropIndexStatement;
import liquibase.statement.core.DropPrimaryKeyStatement;
import liquibase.statement.core.DropUniqueConstraintStatement;
import liquibase.statement.core.DropViewStatement;
import liquibase.statement.core.RenameColumnStatement;
import liquibase.statement.core.RenameSequenceStatement;
import liquibase.statement.core.RenameTableStatement;
import liquibase.statement.core.RenameViewStatement;
import liquibase.statement.core.ReorganizeTableStatement;
import liquibase.statement.core.SetColumnRemarksStatement;
import liquibase.statement.core.SetNullableStatement;
import liquibase.statement.core.SetTableRemarksStatement;
import liquibase.statement.core.SetViewRemarksStatement;
import liquibase.statement.core.TagDatabaseStatement;

/** The statements of Liquibase that certainly keep all data. */
final class Harmless {

    private static final Set<Class<?>> KINDS = Set.of(
            AddAutoIncrementStatement.class, AddColumnStatement.class, AddDefaultValueStatement.class,
            AddForeignKeyConstraintStatement.class, AddPrimaryKeyStatement.class, AddUniqueConstraintStatement.class,
            CommentStatement.class, CreateIndexStatement.class, CreateSequenceStatement.class, CreateTableStatement.class,
            CreateViewStatement.class, DropDefaultValueStatement.class, DropForeignKeyConstraintStatement.class,
            DropIndexStatement.class, DropPrimaryKeyStatement.class, DropUniqueConstraintStatement.class, DropViewStatement.class,
            RenameColumnStatement.class, RenameSequenceStatement.class, RenameTableStatement.class, RenameViewStatement.class,
            ReorganizeTableStatement.class, SetColumnRemarksStatement.class, SetNullableStatement.class,
            SetTableRemarksStatement.class, SetViewRemarksStatement.class, TagDatabaseStatement.class);

    // What a new column or index calls, it calls for each row that is there already. These are known to write nothing.
    private static final Set<String> KNOWN_FUNCTIONS = Set.of("now()", "current_timestamp", "current_date", "current_time",
            "localtimestamp", "clock_timestamp()", "transaction_timestamp()", "statement_timestamp()", "gen_random_uuid()",
            "uuid_generate_v4()", "random()", "random_uuid()", "current_user", "session_user");

    private Harmless() {
    }

    /** @param sql the statement's */
    static boolean is(SqlStatement statement, List<String> sql) throws SQLException {
        if (!KINDS.contains(statement.getClass())) {
            return false;
        }
        // A view's query, a remark or a default is free text, which may go on with a statement of its own.
        for (String line : sql) {
            if (SqlText.statements(line).size() > 1 || !goesOnByAdding(line)) {
                return false;
            }
        }
        if (statement instanceof AddColumnStatement add) {
            return (add.isMultiple() ? add.getColumns() : List.of(add)).stream().allMatch(Harmless::callsNothingUnknown);
        }
        if (statement instanceof CreateTableStatement create) {
            return PlainOption.isWords(create.getTableType());
        }
        return !(statement instanceof CreateIndexStatement create)
                || PlainOption.isName(create.getUsing()) && PlainOption.isName(create.getTablespace())
                        && callsNothingUnknown(create);
    }

    // An option may go on with another action as well; where Liquibase itself gives several, each adds a column.
    private static boolean goesOnByAdding(String sql) {
        String[] actions = SqlText.outline(sql).strip().toUpperCase(Locale.ROOT).split(",");
        return !actions[0].startsWith("ALTER TABLE ")
                || Arrays.stream(actions).skip(1).allMatch(action -> action.strip().startsWith("ADD "));
    }

    private static boolean callsNothingUnknown(AddColumnStatement column) {
        return !(column.getDefaultValue() instanceof DatabaseFunction function) || function instanceof SequenceNextValueFunction
                || KNOWN_FUNCTIONS.contains(String.valueOf(function.getValue()).strip().toLowerCase(Locale.ROOT));
    }

    private static boolean callsNothingUnknown(CreateIndexStatement index) {
        for (ColumnConfig column : index.getColumns()) {
            if (Optional.ofNullable(column.getComputed()).orElse(false) && !Condition.isPlain(String.valueOf(column.getName()))) {
                return false;
            }
        }
        return true;
    }
}
