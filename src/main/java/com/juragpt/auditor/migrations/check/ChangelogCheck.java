package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.api.CheckReport;
import com.juragpt.auditor.migrations.api.Finding;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Rule;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
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

    private final Findings findings;
    private final WrittenChangelog changelog;
    private final RevisionFolders folders;

    private ChangelogCheck(Findings findings, WrittenChangelog changelog) {
        this.findings = findings;
        this.changelog = changelog;
        folders = new RevisionFolders(changelog.folder());
    }

    /** All rules that count, for all files. Asks no database. */
    public static CheckReport of(MigrationOptions options) {
        Findings findings = new Findings(options.check());
        WrittenChangelog changelog = WrittenChangelog.read(options, findings);
        ChangelogCheck check = new ChangelogCheck(findings, changelog);
        new IncludeRules(findings, changelog, check.folders).check();
        check.checkChangesets();
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
        Findings findings = new Findings(options.check());
        ChangelogCheck check = new ChangelogCheck(findings, WrittenChangelog.of(pending, all, options));
        check.checkChangesets();
        List<WrittenChangeset> written = check.changelog.changesets().stream().filter(WrittenChangeset::isParsed).toList();
        return check.report(finding -> finding.changeset() == null
                || written.stream().anyMatch(changeset -> stands(finding, changeset)), List.of());
    }

    private static boolean stands(Finding finding, WrittenChangeset changeset) {
        return changeset.file().equals(finding.file()) && changeset.id().equals(finding.changeset());
    }

    private void checkChangesets() {
        TextRules text = new TextRules(findings);
        changelog.files().forEach(text::check);
        ChangesetRules changesets = new ChangesetRules(findings, folders);
        changelog.changesets().forEach(changesets::check);
    }

    private CheckReport report(Predicate<Finding> chosen, List<String> notExamined) {
        List<String> order =
                Stream.concat(Stream.of(changelog.master()), changelog.files().stream().map(WrittenFile::name)).toList();
        Map<String, Integer> place =
                IntStream.range(0, order.size()).boxed().collect(Collectors.toMap(order::get, i -> i, Math::min));
        Comparator<Finding> byPlace =
                Comparator.comparingInt((Finding finding) -> place.getOrDefault(finding.file(), order.size()))
                        .thenComparingInt(Finding::line);
        Map<Boolean, List<Finding>> byAcceptance = findings.all().stream().filter(chosen).sorted(byPlace)
                .collect(Collectors.partitioningBy(finding -> finding.accepted() != null));
        return new CheckReport(changelog.master(), changelog.files().size(), changelog.changesets().size(),
                byAcceptance.get(false), byAcceptance.get(true), notExamined);
    }
}
