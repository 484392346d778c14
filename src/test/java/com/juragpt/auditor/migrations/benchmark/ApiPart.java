package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Measures the tools' APIs, each in one warm process, side by side: a run of each, then the next run of each. */
final class ApiPart {

    private static final List<Work> ON_A_CURRENT_DATABASE = List.of(Work.NO_OP, Work.STATUS, Work.REQUIRE_CURRENT);

    private final Setup setup;
    private final Databases databases;
    private final Results results;

    ApiPart(Setup setup, Databases databases, Results results) {
        this.setup = setup;
        this.databases = databases;
        this.results = results;
    }

    /** @param folder the changesets, so many of them */
    void measure(int size, Path folder) throws IOException {
        Map<Tool, WorkerProcess> workers = new EnumMap<>(Tool.class);
        Map<Tool, TestDatabase> current = new EnumMap<>(Tool.class);
        try {
            for (Tool tool : Tool.apis()) {
                start(tool, folder, workers);
            }
            rounds(size, timed -> {
                for (Tool tool : workers.keySet()) {
                    TestDatabase database = databases.create();
                    run(tool, Work.FRESH, size, timed, workers.get(tool), database);
                    TestDatabase before = current.put(tool, database);
                    if (before != null) {
                        databases.drop(before);
                    }
                }
            });
            rounds(size, timed -> {
                for (Work work : ON_A_CURRENT_DATABASE) {
                    for (Tool tool : workers.keySet()) {
                        if (work != Work.REQUIRE_CURRENT || tool == Tool.OUR_API) {
                            run(tool, work, size, timed, workers.get(tool), current.get(tool));
                        }
                    }
                }
            });
        } finally {
            workers.values().forEach(WorkerProcess::close);
            current.values().forEach(databases::drop);
        }
    }

    /** Does a round again and again, first until the processes are warm, and then so often as is asked for. */
    private void rounds(int size, Round round) throws IOException {
        long start = System.nanoTime();
        for (int i = 0; i < setup.warmUps(size) || System.nanoTime() - start < setup.warmUp() * 1_000_000_000L; i++) {
            round.run(false);
        }
        for (int i = 0; i < setup.runs(size); i++) {
            round.run(true);
        }
    }

    private static void start(Tool tool, Path folder, Map<Tool, WorkerProcess> workers) throws IOException {
        if (tool != Tool.ALEMBIC_API) {
            workers.put(tool, WorkerProcess.java(tool, WorkerProcess.TIMED, folder));
        }
    }

    private void run(Tool tool, Work work, int size, boolean timed, WorkerProcess worker, TestDatabase database) {
        Sample sample = worker.run(work, database, database.jdbcUrl());
        if (timed) {
            results.add(new Subject(tool, work, size), sample);
        }
    }

    private interface Round {
        void run(boolean timed) throws IOException;
    }
}
