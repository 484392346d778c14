package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Measures the tools' APIs, each in one warm process, side by side: a run of each, then the next run of each. */
final class ApiPart {

    private static final List<Work> ON_A_CURRENT_DATABASE = List.of(Work.NO_OP, Work.STATUS, Work.REQUIRE_CURRENT);

    private final Setup setup;
    private final Optional<Alembic> alembic;
    private final Databases databases;
    private final Results results;

    ApiPart(Setup setup, Optional<Alembic> alembic, Databases databases, Results results) {
        this.setup = setup;
        this.alembic = alembic;
        this.databases = databases;
        this.results = results;
    }

    /** @param folder the changesets, so many of them */
    void measure(int size, Path folder) throws IOException, InterruptedException {
        Map<Tool, WorkerProcess> workers = new EnumMap<>(Tool.class);
        Map<Tool, TestDatabase> current = new EnumMap<>(Tool.class);
        try {
            for (Tool tool : available(size)) {
                workers.put(tool, start(tool, WorkerProcess.TIMED, folder));
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
                        if (does(tool, work)) {
                            run(tool, work, size, timed, workers.get(tool), current.get(tool));
                        }
                    }
                }
            });
        } finally {
            workers.values().forEach(WorkerProcess::close);
            current.values().forEach(databases::drop);
        }
        for (Tool tool : available(size)) {
            count(tool, size, folder);
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

    private List<Tool> available(int size) {
        return Tool.apis().stream().filter(tool -> setup.measures(tool, size))
                .filter(tool -> tool != Tool.ALEMBIC_API || alembic.isPresent()).toList();
    }

    private WorkerProcess start(Tool tool, List<String> options, Path folder) throws IOException {
        return tool == Tool.ALEMBIC_API ? alembic.orElseThrow().worker(folder) : WorkerProcess.java(tool, options, folder);
    }

    private static boolean does(Tool tool, Work work) {
        return work != Work.REQUIRE_CURRENT || tool == Tool.OUR_API;
    }

    private void run(Tool tool, Work work, int size, boolean timed, WorkerProcess worker, TestDatabase database) {
        Sample sample = worker.run(work, Address.of(database));
        if (timed) {
            results.add(new Subject(tool, work, size), sample);
        }
    }

    /** Counts in a process of its own, of which every work but the first was done there before. */
    private void count(Tool tool, int size, Path folder) throws IOException, InterruptedException {
        TestDatabase database = databases.create();
        try (WorkerProcess worker = start(tool, WorkerProcess.COUNTED, folder)) {
            for (Work work : Work.values()) {
                if (does(tool, work)) {
                    count(tool, work, size, worker, database);
                }
            }
        }
        databases.drop(database);
    }

    private void count(Tool tool, Work work, int size, WorkerProcess worker, TestDatabase database)
            throws IOException, InterruptedException {
        try (CountingProxy proxy = new CountingProxy(Address.of(database).server())) {
            if (work != Work.FRESH) {
                // Through the proxy, because what is known of a database is known under its address.
                worker.run(work, Address.of(database).through(proxy));
            }
            long roundTrips = proxy.roundTrips();
            long connections = proxy.connections();
            long commits = databases.commits(database);
            Sample sample = worker.run(work, Address.of(database).through(proxy));
            results.add(new Subject(tool, work, size), new Counts(proxy.roundTrips() - roundTrips,
                    proxy.connections() - connections, databases.commits(database) - commits, sample.peakBytes()));
        }
    }

    private interface Round {
        void run(boolean timed) throws IOException;
    }
}
