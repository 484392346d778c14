package com.juragpt.auditor.migrations.benchmark;

import java.util.List;
import java.util.Locale;

/** The results as Markdown. */
final class Report {

    private final Results results;

    Report(Results results) {
        this.results = results;
    }

    /** Everything that was measured, a line a subject. */
    String figures() {
        StringBuilder text = new StringBuilder();
        text.append("| what | work | changesets | median | lowest | highest | processor | memory | round trips | commits |\n");
        text.append("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
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
        return "| %s | %s | %d | %s | %s | %s | %s | %s | %s | %s |%n".formatted(name(subject), subject.work().title(),
                subject.size(), seconds(results.median(subject, Sample::nanos)),
                seconds(lowest(samples)), seconds(highest(samples)),
                processor(subject), memory(subject),
                results.countsOf(subject).map(counts -> String.valueOf(counts.roundTrips())).orElse(""),
                results.countsOf(subject).map(counts -> String.valueOf(counts.commits())).orElse(""));
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
