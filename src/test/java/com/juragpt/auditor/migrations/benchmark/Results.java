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
    private final List<Stall> stalls = new ArrayList<>();

    void add(Subject subject, Sample sample) {
        samples.computeIfAbsent(subject, key -> new ArrayList<>()).add(sample);
    }

    void add(Subject subject, Counts counted) {
        counts.put(subject, counted);
    }

    void add(Stall stall) {
        stalls.add(stall);
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

    /** The median of what the runs have cost. */
    long median(Subject subject, ToLongFunction<Sample> cost) {
        return median(of(subject).stream().map(cost::applyAsLong).toList());
    }

    /** The lower one of the two in the middle, where there is an even number. */
    private static long median(List<Long> values) {
        List<Long> sorted = values.stream().sorted().toList();
        return sorted.get((sorted.size() - 1) / 2);
    }

    /** The time of one subject in that of another; none where one of them was not measured. */
    Optional<Ratio> time(Subject subject, Subject of) {
        return ratio(of(subject).stream().map(Sample::nanos).toList(), of(of).stream().map(Sample::nanos).toList());
    }

    /** The longest stall while an index is added as documented, in that of a plain index. */
    Optional<Ratio> stall() {
        return ratio(stalls.stream().map(Stall::documentedNanos).toList(), stalls.stream().map(Stall::plainNanos).toList());
    }

    /** The medians of both stalls; none where they were not measured. */
    Optional<Stall> medianStall() {
        return stalls.isEmpty() ? Optional.empty() : Optional.of(new Stall(
                median(stalls.stream().map(Stall::plainNanos).toList()),
                median(stalls.stream().map(Stall::documentedNanos).toList())));
    }

    private static Optional<Ratio> ratio(List<Long> above, List<Long> below) {
        if (above.isEmpty() || below.isEmpty()) {
            return Optional.empty();
        }
        // Round by round, for what stood side by side had the same machine.
        double[] rounds = IntStream.range(0, Math.min(above.size(), below.size()))
                .mapToDouble(i -> above.get(i) / (double) below.get(i)).sorted().toArray();
        return Optional.of(new Ratio(median(above) / (double) median(below), rounds[0], rounds[rounds.length - 1]));
    }
}
