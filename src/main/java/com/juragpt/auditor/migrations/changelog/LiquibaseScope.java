package com.juragpt.auditor.migrations.changelog;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import liquibase.Scope;
import liquibase.logging.core.AbstractLogService;
import liquibase.logging.core.AbstractLogger;
import liquibase.ui.LoggerUIService;

/**
 * Runs Liquibase code with this module's surroundings: the changelog's resources, a deployment id of its own, and Liquibase's
 * chatter in {@code java.util.logging} at FINE instead of on the console.
 */
public final class LiquibaseScope {

    private static final Logger LOG = Logger.getLogger("com.juragpt.auditor.migrations.liquibase");

    private LiquibaseScope() {
    }

    /** What may be run in the scope; may throw whatever Liquibase and JDBC throw. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws Exception;
    }

    public static <T> T call(MigrationOptions options, Work<T> work) throws Exception {
        LoggerUIService ui = new LoggerUIService();
        ui.setStandardLogLevel(Level.FINE);
        Map<String, Object> values = Map.of(
                Scope.Attr.resourceAccessor.name(), options.resources(),
                Scope.Attr.logService.name(), new QuietLogService(),
                Scope.Attr.ui.name(), ui,
                Scope.Attr.deploymentId.name(), deploymentId());
        return Scope.child(values, work::run);
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
