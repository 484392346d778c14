package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Measures whole commands, from typing them to their end, side by side. */
final class CommandPart {

    private final Setup setup;
    private final Commands commands;
    private final Databases databases;
    private final Results results;

    CommandPart(Setup setup, Commands commands, Databases databases, Results results) {
        this.setup = setup;
        this.commands = commands;
        this.databases = databases;
        this.results = results;
    }

    /** Runs each once, so that Maven has its plugins and the machine their files. */
    void warmUp(Path folder) throws IOException, InterruptedException {
        for (Tool tool : commands.available()) {
            TestDatabase database = databases.create();
            commands.of(tool, folder, Address.of(database), false).run(log(folder, tool));
            databases.drop(database);
        }
    }

    /** @param folder the changesets, so many of them */
    void measure(int size, Path folder) throws IOException, InterruptedException {
        List<Tool> measured = commands.available().stream().filter(tool -> setup.measures(tool, size)).toList();
        for (int round = 0; round < setup.runs(size); round++) {
            for (Tool tool : measured) {
                TestDatabase database = databases.create();
                for (Work work : works(tool, size)) {
                    results.add(new Subject(tool, work, size),
                            commands.of(tool, folder, Address.of(database), true).run(log(folder, tool)));
                }
                databases.drop(database);
            }
        }
        if (setup.countsCommands(size)) {
            for (Tool tool : measured) {
                count(tool, size, folder);
            }
        }
    }

    private void count(Tool tool, int size, Path folder) throws IOException, InterruptedException {
        TestDatabase database = databases.create();
        for (Work work : works(tool, size)) {
            long commits = databases.commits(database);
            try (CountingProxy proxy = new CountingProxy(Address.of(database).server())) {
                Sample sample = commands.of(tool, folder, Address.of(database).through(proxy), true).run(log(folder, tool));
                commits = databases.commits(database) - commits;
                results.add(new Subject(tool, work, size),
                        new Counts(proxy.roundTrips(), proxy.connections(), commits, sample.peakBytes()));
            }
        }
        databases.drop(database);
    }

    /** A script of psql knows nothing of a second run, and bare Maven nothing of databases. */
    private List<Work> works(Tool tool, int size) {
        return switch (tool) {
            case PSQL -> List.of(Work.FRESH);
            case VALIDATE -> size == setup.sizes().get(0) ? List.of(Work.NO_OP) : List.of();
            default -> List.of(Work.FRESH, Work.NO_OP);
        };
    }

    private static Path log(Path folder, Tool tool) {
        return folder.resolve(tool.name().toLowerCase(Locale.ROOT) + ".log");
    }
}
