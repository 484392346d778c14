package com.juragpt.auditor.migrations.benchmark;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/** What was measured: the runs of each subject, in the order of the rounds. */
final class Results {

    private final Map<Subject, List<Sample>> samples = new HashMap<>();
    private final Map<Subject, Counts> counts = new HashMap<>();

    void add(Subject subject, Sample sample) {
        samples.computeIfAbsent(subject, key -> new ArrayList<>()).add(sample);
    }

    void add(Subject subject, Counts counted) {
        counts.put(subject, counted);
    }

    /** The runs; none where it was not measured. */
    List<Sample> of(Subject subject) {
        return Collections.unmodifiableList(samples.getOrDefault(subject, List.of()));
    }

    Optional<Counts> countsOf(Subject subject) {
        return Optional.ofNullable(counts.get(subject));
    }

    /** The sizes that were measured, ascending. */
    List<Integer> sizes() {
        TreeSet<Integer> sizes = new TreeSet<>();
        samples.keySet().forEach(subject -> sizes.add(subject.size()));
        return List.copyOf(sizes);
    }

    boolean has(Tool tool) {
        return samples.keySet().stream().anyMatch(subject -> subject.tool() == tool);
    }

    /** The median of what the runs have cost; the lower one of the two in the middle. */
    long median(Subject subject, ToLongFunction<Sample> cost) {
        List<Long> sorted = of(subject).stream().map(cost::applyAsLong).sorted().toList();
        return sorted.get((sorted.size() - 1) / 2);
    }

    /** The time of one subject in that of another; none where one of them was not measured. */
    Optional<Ratio> time(Subject subject, Subject of) {
        List<Sample> above = of(subject);
        List<Sample> below = of(of);
        if (above.isEmpty() || below.isEmpty()) {
            return Optional.empty();
        }
        double median = median(subject, Sample::nanos) / (double) median(of, Sample::nanos);
        // Round by round, for what stood side by side had the same machine.
        double[] rounds = IntStream.range(0, Math.min(above.size(), below.size()))
                .mapToDouble(i -> above.get(i).nanos() / (double) below.get(i).nanos()).sorted().toArray();
        return Optional.of(new Ratio(median, rounds[0], rounds[rounds.length - 1]));
    }
}
