package com.juragpt.auditor.migrations.lock;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A row of the history as Liquibase reads it, by the names of the columns in capitals. Liquibase's own are a map with an entry for
 * each column; these share the names, and each value that is the same in the row before, as most are.
 */
final class CompactRow extends AbstractMap<String, Object> {

    private final Map<String, Integer> columns;
    private final Object[] values;

    private CompactRow(Map<String, Integer> columns, Object[] values) {
        this.columns = columns;
        this.values = values;
    }

    @Override
    public Object get(Object column) {
        Integer index = columns.get(column);
        return index == null ? null : values[index];
    }

    @Override
    public Set<Entry<String, Object>> entrySet() {
        Map<String, Object> all = new LinkedHashMap<>();
        columns.forEach((column, index) -> all.put(column, values[index]));
        return all.entrySet();
    }

    /** Reads all rows of a query's result. */
    static List<Map<String, ?>> readAll(ResultSet result) throws SQLException {
        ResultSetMetaData names = result.getMetaData();
        Map<String, Integer> columns = new LinkedHashMap<>();
        for (int i = 0; i < names.getColumnCount(); i++) {
            // Somebody's own column may differ from Liquibase's by its case alone.
            columns.putIfAbsent(names.getColumnLabel(i + 1).toUpperCase(Locale.ROOT), i);
        }
        List<Map<String, ?>> rows = new ArrayList<>();
        Object[] before = new Object[names.getColumnCount()];
        while (result.next()) {
            Object[] values = new Object[before.length];
            for (int i = 0; i < values.length; i++) {
                Object value = result.getObject(i + 1);
                values[i] = Objects.equals(value, before[i]) ? before[i] : value;
            }
            rows.add(new CompactRow(columns, values));
            before = values;
        }
        return rows;
    }
}
