package com.juragpt.auditor.migrations.benchmark;

import com.juragpt.auditor.migrations.testing.Maven;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The commands that are measured. */
final class Commands {

    private final Optional<Alembic> alembic;

    Commands(Optional<Alembic> alembic) {
        this.alembic = alembic;
    }

    /** Which there are on this machine. */
    List<Tool> available() {
        return Tool.commands().stream().filter(tool -> switch (tool) {
            case ALEMBIC_COMMAND -> alembic.isPresent();
            case PSQL -> onThePath("psql");
            default -> true;
        }).toList();
    }

    private static boolean onThePath(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    /**
     * The command of a tool.
     *
     * @param folder the changesets
     * @param offline whether Maven has everything
     */
    Command of(Tool tool, Path folder, Address database, boolean offline) {
        return switch (tool) {
            case OUR_GOAL -> maven(folder, "migrations", offline, Stream.concat(Stream.of("migrations:update"),
                    liquibaseArguments(database)));
            case STOCK_GOAL -> maven(folder, "liquibase", offline, Stream.concat(Stream.of("liquibase:update",
                    "-Dliquibase.changeLogFile=" + Changesets.MASTER, "-Dliquibase.changeLogDirectory=" + folder,
                    "-Dliquibase.showBanner=false", "-Dliquibase.showSummaryOutput=LOG", "-Dliquibase.analyticsEnabled=false"),
                    liquibaseArguments(database)));
            case FLYWAY_GOAL -> maven(folder, "flyway", offline, Stream.of("flyway:migrate",
                    "-Dflyway.url=" + database.jdbcUrl(), "-Dflyway.user=" + database.user(),
                    "-Dflyway.password=" + database.password(),
                    "-Dflyway.locations=filesystem:" + folder.resolve(Changesets.FLYWAY)));
            case VALIDATE -> maven(folder, "migrations", offline, Stream.of("validate"));
            case ALEMBIC_COMMAND -> alembic.orElseThrow().upgrade(folder, database);
            case PSQL -> new Command(folder, Map.of(), List.of("psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-1",
                    "-f", Changesets.SCRIPT, database.url()));
            default -> throw new IllegalArgumentException(tool + " is no command");
        };
    }

    private static Stream<String> liquibaseArguments(Address database) {
        return Stream.of("-Dliquibase.url=" + database.jdbcUrl(), "-Dliquibase.username=" + database.user(),
                "-Dliquibase.password=" + database.password());
    }

    private static Command maven(Path folder, String project, boolean offline, Stream<String> arguments) {
        List<String> all = new ArrayList<>(List.of("-f", project + ".xml"));
        if (offline) {
            all.addAll(List.of("--offline", "-Daether.offline.protocols=file"));
        }
        arguments.forEach(all::add);
        Maven maven = Maven.in(folder);
        return new Command(folder, maven.environment(), maven.command(all.toArray(String[]::new)));
    }

    /** Writes the projects in which Maven runs, each with nothing but its plugin. */
    static void writeProjects(Path folder) throws IOException {
        // Maven looks for the root of a project above the folder as well.
        Files.createDirectories(folder.resolve(".mvn"));
        String driver = dependency("org.postgresql", "postgresql", version("postgresql"));
        write(folder, "migrations", plugin("com.juragpt", "auditor-migrations-maven-plugin", Maven.projectVersion(), ""));
        write(folder, "liquibase", plugin("org.liquibase", "liquibase-maven-plugin", version("liquibase"), driver));
        write(folder, "flyway", plugin("org.flywaydb", "flyway-maven-plugin", version("flyway"),
                driver + dependency("org.flywaydb", "flyway-database-postgresql", version("flyway"))));
    }

    private static void write(Path folder, String project, String plugin) throws IOException {
        Files.writeString(folder.resolve(project + ".xml"), """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <groupId>com.example</groupId>
                  <artifactId>benchmark</artifactId>
                  <version>1</version>
                  <packaging>pom</packaging>
                  <build>
                    <plugins>
                %s    </plugins>
                  </build>
                </project>
                """.formatted(plugin));
    }

    private static String plugin(String group, String artifact, String version, String dependencies) {
        return "<plugin>" + coordinates(group, artifact, version) + "<dependencies>" + dependencies
                + "</dependencies></plugin>\n";
    }

    private static String dependency(String group, String artifact, String version) {
        return "<dependency>" + coordinates(group, artifact, version) + "</dependency>";
    }

    private static String coordinates(String group, String artifact, String version) {
        return "<groupId>" + group + "</groupId><artifactId>" + artifact + "</artifactId><version>" + version + "</version>";
    }

    /** A version that the pom has. */
    static String version(String name) {
        return System.getProperty("it." + name + ".version");
    }
}
