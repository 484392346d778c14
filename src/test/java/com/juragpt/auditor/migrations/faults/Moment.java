package com.juragpt.auditor.migrations.faults;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.lock.AdvisoryLock;
import com.juragpt.auditor.migrations.testing.Rows;
import com.juragpt.auditor.migrations.testing.StoppingDataSource;
import com.juragpt.auditor.migrations.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/** When a fault strikes a run. */
enum Moment {

    BEFORE_A_STATEMENT, AT_ANY_TIME, AROUND_A_COMMIT, WAITING_FOR_THE_LOCK, BETWEEN_RETRIES;

    /** The name of the session that holds a run up, which no fault strikes. */
    static final String IN_THE_WAY = "in the way";

    /** The sessions of whoever works. */
    private static final String SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            + " AND pid <> pg_backend_pid() AND application_name <> '" + IN_THE_WAY + "'";
    private static final long A_MINUTE = 60_000_000_000L;

    // About as long as a run takes that nothing befalls, and what passes around a commit; in microseconds.
    private static final int A_RUN = 900_000;
    private static final int A_COMMIT = 3_000;
    private static final int COMMITS_OF_A_SPLIT = 3;

    private String words() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    // Until the connection is closed.
    private void holdUp(Connection other, Work work) throws SQLException {
        try (Statement statement = other.createStatement()) {
            statement.execute("SET application_name = '" + IN_THE_WAY + "'");
            if (this == WAITING_FOR_THE_LOCK) {
                statement.execute("SELECT pg_advisory_lock(" + AdvisoryLock.KEY + ")");
            } else if (this == BETWEEN_RETRIES && work != Work.ADOPT) {
                // An adoption needs nothing that somebody else could be using.
                statement.execute("BEGIN; LOCK TABLE " + work.needs() + " IN EXCLUSIVE MODE");
            }
        }
    }

    /**
     * One moment that was drawn by lot.
     *
     * @param statement before which statement, where it is one
     * @param commit after how many commits, where it is around one
     * @param delay after what begins the moment
     */
    record Drawn(Moment moment, int statement, int commit, Duration delay) {

        /** @param statement its number, from 1, among all that a run sends */
        static Drawn before(int statement) {
            return new Drawn(BEFORE_A_STATEMENT, statement, 0, Duration.ZERO);
        }

        static Drawn by(Random random, Trials trials) {
            Moment moment = values()[random.nextInt(values().length)];
            int microseconds = random.nextInt(moment == AROUND_A_COMMIT ? A_COMMIT : A_RUN)
                    + (moment == WAITING_FOR_THE_LOCK || moment == BETWEEN_RETRIES ? A_RUN / 4 : 0);
            return new Drawn(moment, 1 + random.nextInt(trials.sent()), random.nextInt(trials.split() ? COMMITS_OF_A_SPLIT : 1),
                    Duration.ofNanos(1000L * microseconds));
        }

        /**
         * Runs the work while the fault strikes at this moment.
         *
         * @return how it failed, or null, when both are over
         */
        MigrationException strike(Trials trials, TestDatabase database, Runnable fault) {
            Thread later = new Thread(() -> {
                if (moment == WAITING_FOR_THE_LOCK || moment == BETWEEN_RETRIES) {
                    // What strikes before it has connected strikes nobody, and it would wait to its end.
                    awaitSession(database);
                }
                LockSupport.parkNanos(delay.toNanos());
                fault.run();
            }, "strikes " + this);
            AtomicInteger commits = new AtomicInteger();
            DataSource acting = switch (moment) {
                case BEFORE_A_STATEMENT -> new StoppingDataSource(database.dataSource(), statement, fault);
                case AROUND_A_COMMIT -> StoppingDataSource.beforeCommits(database.dataSource(), () -> {
                    if (commits.getAndIncrement() == commit) {
                        later.start();
                    }
                });
                default -> database.dataSource();
            };
            try (Connection other = database.connect()) {
                moment.holdUp(other, trials.work());
                if (moment != BEFORE_A_STATEMENT && moment != AROUND_A_COMMIT) {
                    later.start();
                }
                MigrationException failure = trials.run(acting, database);
                later.join();
                return failure;
            } catch (SQLException e) {
                throw new IllegalStateException(e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        private static void awaitSession(TestDatabase database) {
            long began = System.nanoTime();
            // One connection for all looks: one that is closed is seen for a moment.
            try (Connection looking = database.connect(); Statement statement = looking.createStatement()) {
                statement.execute("SET application_name = '" + IN_THE_WAY + "'");
                while (Rows.of(looking, SESSIONS).isEmpty() && System.nanoTime() - began < A_MINUTE) {
                    LockSupport.parkNanos(10_000_000);
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e.getMessage(), e);
            }
        }

        @Override
        public String toString() {
            return moment.words()
                    + (moment == BEFORE_A_STATEMENT ? " " + statement : ", after " + delay.toNanos() / 1000 + " µs");
        }
    }
}
