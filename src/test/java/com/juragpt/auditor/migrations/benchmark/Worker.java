package com.juragpt.auditor.migrations.benchmark;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;
import org.postgresql.ds.PGSimpleDataSource;

/** A tool's API in a process of its own, which does what its standard input asks for and answers what that has cost. */
abstract class Worker {

    private static final AtomicLong PEAK = new AtomicLong();

    /**
     * Does the work once, as an application would.
     *
     * @param folder what {@link Changesets} has written
     * @param database where to do it
     */
    abstract void run(Work work, Path folder, PGSimpleDataSource database) throws Exception;

    /** Serves the parent, one line a run: the work, the JDBC URL, the user, the password and the URL for libpq, with tabs between. */
    void serve(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        followTheHeap();
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        try (BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                String[] request = line.split("\t", -1);
                PGSimpleDataSource database = new PGSimpleDataSource();
                database.setUrl(request[1]);
                database.setUser(request[2]);
                database.setPassword(request[3]);
                System.gc();
                PEAK.set(0);
                long cpu = system.getProcessCpuTime();
                long start = System.nanoTime();
                run(Work.valueOf(request[0]), folder, database);
                long time = System.nanoTime() - start;
                cpu = system.getProcessCpuTime() - cpu;
                // So that there is a collection even after a run that has made little garbage.
                System.gc();
                long kept = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
                answer(time, cpu, Math.max(kept, PEAK.get()));
            }
        }
    }

    private static void answer(long time, long cpu, long peak) {
        System.out.println(WorkerProcess.RESULT + "\t" + time + "\t" + cpu + "\t" + peak);
    }

    /** What a collection leaves is what is in use; before one, the heap is as full as the JVM lets it become. */
    private static void followTheHeap() {
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            ((NotificationEmitter) collector).addNotificationListener((notification, handback) -> {
                GarbageCollectionNotificationInfo collection =
                        GarbageCollectionNotificationInfo.from((CompositeData) notification.getUserData());
                long used = collection.getGcInfo().getMemoryUsageAfterGc().entrySet().stream()
                        .filter(pool -> !pool.getKey().contains("Metaspace") && !pool.getKey().contains("Code")
                                && !pool.getKey().contains("Class Space"))
                        .map(Map.Entry::getValue).mapToLong(MemoryUsage::getUsed).sum();
                PEAK.accumulateAndGet(used, Math::max);
            }, null, null);
        }
    }
}
