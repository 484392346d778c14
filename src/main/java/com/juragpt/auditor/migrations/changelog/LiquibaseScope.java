package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.connection.Failures;
import com.juragpt.auditor.migrations.lock.LockedHistoryService;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import liquibase.Scope;
import liquibase.logging.core.AbstractLogService;
import liquibase.logging.core.AbstractLogger;
import liquibase.ui.LoggerUIService;

/**
 * The surroundings of Liquibase code on this thread, for as long as it is open: the changelog's resources, a deployment id of its
 * own, and Liquibase's chatter in {@code java.util.logging} at FINE instead of on the console.
 */
public final class LiquibaseScope implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger("com.juragpt.auditor.migrations.liquibase");

    private final String id;

    private LiquibaseScope(String id) {
        this.id = id;
    }

    /** Opens the scope of one call of the API. */
    public static LiquibaseScope enter(MigrationOptions options) {
        SettingLookups.quicken();
        LoggerUIService ui = new LoggerUIService();
        ui.setStandardLogLevel(Level.FINE);
        return enter(Map.of(
                Scope.Attr.resourceAccessor.name(), new ReadFiles(options.selection().resources()),
                Scope.Attr.logService.name(), new QuietLogService(),
                Scope.Attr.ui.name(), ui,
                Scope.Attr.deploymentId.name(), deploymentId(),
                LockedHistoryService.OWN_SCOPE, true));
    }

    /**
     * Does the work of one call of the API in a scope of its own.
     *
     * @throws MigrationException for whatever goes wrong
     */
    public static <T> T calling(MigrationOptions options, Callable<T> work) {
        try (LiquibaseScope scope = enter(options)) {
            return scope.call(work);
        } catch (MigrationException e) {
            throw e;
        } catch (Exception e) {
            throw Failures.explain(e);
        }
    }

    /** Opens a scope in the present one, with these values besides. */
    static LiquibaseScope enter(Map<String, Object> values) {
        try {
            return new LiquibaseScope(Scope.enter(values));
        } catch (Exception e) {
            // Declared by Liquibase for the sake of listeners, of which there are none.
            throw new IllegalStateException(e);
        }
    }

    /** Does the work of the call. */
    public <T> T call(Callable<T> work) throws Exception {
        return work.call();
    }

    @Override
    public void close() {
        try {
            Scope.exit(id);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    // Ten digits, as Liquibase makes them: the column has no room for more. Liquibase itself draws one for each JVM, which
    // would merge the deployments of a long-running application into one.
    private static String deploymentId() {
        String millis = String.valueOf(System.currentTimeMillis());
        return millis.substring(millis.length() - 10);
    }

    private static final class QuietLogService extends AbstractLogService {

        @Override
        public int getPriority() {
            return PRIORITY_NOT_APPLICABLE;
        }

        @Override
        @SuppressWarnings("rawtypes") // as Liquibase declares it
        public liquibase.logging.Logger getLog(Class source) {
            return new QuietLogger();
        }
    }

    private static final class QuietLogger extends AbstractLogger {

        @Override
        public void log(Level level, String message, Throwable thrown) {
            // What Liquibase calls severe reaches the caller as an exception.
            LOG.log(level.intValue() > Level.FINE.intValue() ? Level.FINE : level, message, thrown);
        }

        @Override
        public void close() {
            // java.util.logging owns what is behind it
        }
    }
}
