package com.juragpt.auditor.migrations.benchmark;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/** The results as Markdown. */
final class Report {

    private final Results results;

    Report(Results results) {
        this.results = results;
    }

    /** The targets, what was measured of each, and whether it is reached. */
    String targets() {
        StringBuilder text =
                new StringBuilder("| work | ratio | lowest, highest round | at most | reached |\n|---|---:|---:|---:|---|\n");
        for (Target target : Target.of(results)) {
            text.append("| %s | %s | %s | %s | %s |\n".formatted(target.work(),
                    target.measured().map(ratio -> figure(ratio.value())).orElse(""),
                    target.measured().filter(ratio -> ratio.lowest() < ratio.highest())
                            .map(ratio -> figure(ratio.lowest()) + " to " + figure(ratio.highest())).orElse(""),
                    figure(target.limit()),
                    target.measured().isEmpty() ? "not measured" : target.isReached() ? "yes" : "no"));
        }
        return text.toString();
    }

    /** How long a writer waited while an index was added; empty where that was not measured. */
    String stalls(int rows) {
        return results.medianStall().map(stall -> """
                With %s rows in the table, the writer's longest stall was %s while a plain `createIndex` ran,
                and %s while the index was added as documented.
                """.formatted(number(rows), seconds(stall.plainNanos()), seconds(stall.documentedNanos()))).orElse("");
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value).replace(',', ' ');
    }

    /** Each thing with its value. */
    static String facts(Map<String, String> facts) {
        StringBuilder text = new StringBuilder("| | |\n|---|---|\n");
        facts.forEach((thing, value) -> text.append("| ").append(thing).append(" | ").append(value).append(" |\n"));
        return text.toString();
    }

    private static String figure(double value) {
        return value == Math.rint(value) && value < 1e6 ? String.valueOf((long) value)
                : String.format(Locale.ROOT, value < 0.1 ? "%.3f" : value < 10 ? "%.2f" : "%.1f", value);
    }

    /** Everything that was measured, a line a subject. */
    String figures() {
        StringBuilder text = new StringBuilder();
        text.append(
                "| what | work | changesets | median | lowest | highest | processor | memory | connections | round trips | commits |\n");
        text.append("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
        for (Tool tool : Tool.values()) {
            for (Work work : Work.values()) {
                for (int size : results.sizes()) {
                    Subject subject = new Subject(tool, work, size);
                    if (!results.of(subject).isEmpty()) {
                        text.append(line(subject));
                    }
                }
            }
        }
        return text.toString();
    }

    private String line(Subject subject) {
        List<Sample> samples = results.of(subject);
        return "| " + String.join(" | ", name(subject), subject.work().title(), number(subject.size()),
                seconds(results.median(subject, Sample::nanos)), seconds(lowest(samples)), seconds(highest(samples)),
                processor(subject), memory(subject), count(subject, Counts::connections), count(subject, Counts::roundTrips),
                count(subject, Counts::commits)) + " |\n";
    }

    private String count(Subject subject, ToLongFunction<Counts> what) {
        return results.countsOf(subject).map(counts -> number(what.applyAsLong(counts))).orElse("");
    }

    private static String name(Subject subject) {
        return subject.tool().isApi() ? subject.tool().title() : "`" + subject.tool().title() + "`";
    }

    private String processor(Subject subject) {
        long cpu = results.median(subject, Sample::cpuNanos);
        return cpu < 0 ? "" : seconds(cpu);
    }

    private String memory(Subject subject) {
        long bytes = subject.tool().isApi() ? results.countsOf(subject).map(Counts::peakBytes).orElse(0L)
                : results.median(subject, Sample::peakBytes);
        return bytes <= 0 ? "" : (bytes >> 20) + " MB";
    }

    private static long lowest(List<Sample> samples) {
        return samples.stream().mapToLong(Sample::nanos).min().orElseThrow();
    }

    private static long highest(List<Sample> samples) {
        return samples.stream().mapToLong(Sample::nanos).max().orElseThrow();
    }

    /** Three digits, in the unit that suits. */
    static String seconds(long nanos) {
        double millis = nanos / 1e6;
        if (millis < 10) {
            return String.format(Locale.ROOT, "%.2f ms", millis);
        }
        if (millis < 1000) {
            return String.format(Locale.ROOT, "%.0f ms", millis);
        }
        return String.format(Locale.ROOT, millis < 10_000 ? "%.2f s" : "%.1f s", millis / 1000);
    }
}
