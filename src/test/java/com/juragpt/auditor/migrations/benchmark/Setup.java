package com.juragpt.auditor.migrations.benchmark;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What was asked for on the command line.
 *
 * @param sizes numbers of changesets: {@code -Dbenchmark.sizes=1,100}
 * @param runs how often each is timed: {@code -Dbenchmark.runs=5}
 * @param warmUp how many seconds the APIs run before they are timed, for each size and kind of work: {@code -Dbenchmark.warmUp=15}
 * @param parts of {@code api}, {@code commands} and {@code stall}: {@code -Dbenchmark.parts=api}
 * @param rows in the table that gets an index: {@code -Dbenchmark.rows=2000000}
 * @param all whether ten thousand changesets are measured with every tool, and not only with those that a target compares:
 *     {@code -Dbenchmark.all=true}
 * @param writes whether docs/performance.md gets the figures: {@code -Dbenchmark.write=true}
 */
record Setup(List<Integer> sizes, int runs, int warmUp, Set<String> parts, int rows, boolean all, boolean writes) {

    private static final int LARGE = 10_000;
    private static final Set<Tool> COMPARED_IN_LARGE =
            EnumSet.of(Tool.OUR_API, Tool.STOCK_API, Tool.OUR_GOAL, Tool.ALEMBIC_COMMAND, Tool.PSQL);

    static Setup ofTheCommandLine() {
        return new Setup(
                Arrays.stream(System.getProperty("benchmark.sizes", "1,100,1000,10000").split(",")).map(Integer::valueOf)
                        .sorted().toList(),
                Integer.getInteger("benchmark.runs", 5), Integer.getInteger("benchmark.warmUp", 15),
                Set.of(System.getProperty("benchmark.parts", "api,commands,stall").split(",")),
                Integer.getInteger("benchmark.rows", 2_000_000), Boolean.getBoolean("benchmark.all"),
                Boolean.getBoolean("benchmark.write"));
    }

    /** How often a size is timed: the largest takes minutes, and its time hardly varies. */
    int runs(int size) {
        return size < LARGE ? runs : Math.min(runs, 3);
    }

    /** Whether a tool is measured with so many: one deployment of ten thousand takes Flyway more than seven minutes. */
    boolean measures(Tool tool, int size) {
        return size < LARGE || all || COMPARED_IN_LARGE.contains(tool);
    }

    /** Whether commands are counted, too, for which each has to deploy once more. */
    boolean countsCommands(int size) {
        return size < LARGE || all;
    }

    /** How often it runs at least before that, until the JVM has compiled what it uses. */
    int warmUps(int size) {
        return size < LARGE ? Math.min(runs, 3) : 1;
    }
}
