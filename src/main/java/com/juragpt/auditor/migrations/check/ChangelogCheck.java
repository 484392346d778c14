package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.api.CheckReport;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Rule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import liquibase.changelog.ChangeSet;

/** Applies the rules to a changelog, or to what is about to be deployed of it. */
public final class ChangelogCheck {

    private final String master;
    private final Findings findings;
    private final RevisionFolders folders;
    private final TextRules text;
    private final ChangesetRules rules;
    private final List<String> files = new ArrayList<>();
    private int changesets;

    private ChangelogCheck(MigrationOptions options, Findings findings) {
        master = options.selection().file();
        this.findings = findings;
        folders = new RevisionFolders(WrittenChangelog.folder(options));
        text = new TextRules(findings);
        rules = new ChangesetRules(findings, folders);
    }

    /** All rules that count, for all files. Asks no database. */
    public static CheckReport of(MigrationOptions options) {
        Findings findings = new Findings(options.check());
        WrittenChangelog changelog = WrittenChangelog.read(options, findings);
        ChangelogCheck check = new ChangelogCheck(options, findings);
        new IncludeRules(findings, changelog, check.folders).check();
        changelog.files().forEach(check::checkFile);
        new RevisionRules(findings, check.folders).check(changelog);
        StallRules stalls = new StallRules(findings, check.folders);
        if (StallRules.RULES.stream().anyMatch(options.check()::counts)) {
            changelog.changesets().forEach(stalls::check);
        }
        return check.report(finding -> true, stalls.notExamined());
    }

    /** The same; what makes the users of a running PostgreSQL wait counts whatever the options say. */
    public static CheckReport withStalls(MigrationOptions options) {
        Set<Rule> conventions = EnumSet.copyOf(StallRules.RULES);
        conventions.addAll(options.check().conventions());
        return of(options.withCheck(options.check().beforehand(), conventions));
    }

    /**
     * The rules that concern a changeset and its file, for those that are about to run. What is deployed already cannot be
     * repaired, and is not looked at.
     *
     * @param pending among all
     * @param all the changelog's, as Liquibase has parsed them for the database
     */
    public static CheckReport ofPending(Collection<ChangeSet> pending, Collection<ChangeSet> all, MigrationOptions options) {
        ChangelogCheck check = new ChangelogCheck(options, new Findings(options.check()));
        Set<List<String>> examined = new HashSet<>();
        // One file at a time: the text of ten thousand changesets takes three times as much memory as they do.
        WrittenChangelog.filesOf(pending, all, options).forEach(file -> {
            check.checkFile(file);
            file.changesets().stream().filter(WrittenChangeset::isParsed)
                    .forEach(changeset -> examined.add(List.of(changeset.file(), changeset.id())));
        });
        return check.report(finding -> finding.changeset() == null
                || examined.contains(List.of(finding.file(), finding.changeset())), List.of());
    }

    private void checkFile(WrittenFile file) {
        text.check(file);
        file.changesets().forEach(rules::check);
        files.add(file.name());
        changesets += file.changesets().size();
    }

    private CheckReport report(Predicate<Finding> chosen, List<String> notExamined) {
        List<String> order =
                Stream.concat(Stream.of(master), files.stream()).toList();
        Map<String, Integer> place =
                IntStream.range(0, order.size()).boxed().collect(Collectors.toMap(order::get, i -> i, Math::min));
        Comparator<Finding> byPlace =
                Comparator.comparingInt((Finding finding) -> place.getOrDefault(finding.file(), order.size()))
                        .thenComparingInt(Finding::line);
        Map<Boolean, List<Finding>> byAcceptance = findings.all().stream().filter(chosen).sorted(byPlace)
                .collect(Collectors.partitioningBy(finding -> finding.accepted() != null));
        return new CheckReport(master, files.size(), changesets,
                byAcceptance.get(false), byAcceptance.get(true), notExamined);
    }
}
