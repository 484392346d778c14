package com.juragpt.auditor.migrations.testing;

import com.juragpt.auditor.migrations.api.MigrationOptions;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import liquibase.resource.PathResource;
import liquibase.resource.Resource;
import liquibase.resource.ZipResourceAccessor;

/**
 * The changelog of another project, as it lies in that project's jar on Maven Central. The build puts the jars into
 * {@code target/changelogs}.
 *
 * <p>A {@code customChange} is left out of its changeset, as its class needs the whole project to run; all else is as it is.
 */
public enum RealChangelog {

    KEYCLOAK("keycloak-model-jpa", "META-INF/jpa-changelog-master.xml"),
    FLOWABLE_APP("flowable-app-engine", "org/flowable/app/db/liquibase/flowable-app-db-changelog.xml"),
    FLOWABLE_CMMN("flowable-cmmn-engine", "org/flowable/cmmn/db/liquibase/flowable-cmmn-db-changelog.xml"),
    FLOWABLE_CONTENT("flowable-content-engine", "org/flowable/content/db/liquibase/flowable-content-db-changelog.xml"),
    FLOWABLE_DMN("flowable-dmn-engine", "org/flowable/dmn/db/liquibase/flowable-dmn-db-changelog.xml"),
    FLOWABLE_EVENTS("flowable-event-registry",
            "org/flowable/eventregistry/db/liquibase/flowable-eventregistry-db-changelog.xml"),
    FLOWABLE_FORM("flowable-form-engine", "org/flowable/form/db/liquibase/flowable-form-db-changelog.xml"),
    CAMUNDA("camunda-engine", "org/camunda/bpm/engine/db/liquibase/camunda-changelog.xml"),
    GRAVITEE("gravitee-repository-jdbc", "liquibase/master.yml"),
    XS2A("cms-db-schema", "master.xml");

    private static final Path JARS = ChangelogRunner.CHECKOUT.resolve("target/changelogs");

    private final String artifact;
    private final String file;

    RealChangelog(String artifact, String file) {
        this.artifact = artifact;
        this.file = file;
    }

    /** Makes what the changelog writes down of the moment the same in every database. */
    public void forgetTheMoment(TestDatabase database) {
        if (this == CAMUNDA) {
            database.execute("UPDATE act_ge_schema_log SET timestamp_ = NULL");
        }
    }

    /** The defaults with this changelog. */
    public MigrationOptions options() {
        Path jar = JARS.resolve(artifact + ".jar");
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException(jar + " is missing; mvn process-test-resources brings it");
        }
        try {
            // What it says in four places, Liquibase ignores; its users have deployed it all the same.
            return MigrationOptions.defaults().withChangelog(file, new WithoutCustomChanges(jar)).withCheck(this != GRAVITEE,
                    Set.of());
        } catch (FileNotFoundException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class WithoutCustomChanges extends ZipResourceAccessor {

        private static final Pattern CUSTOM_CHANGE =
                Pattern.compile("<customChange\\b([^>]*/>|.*?</customChange>)", Pattern.DOTALL);

        WithoutCustomChanges(Path jar) throws FileNotFoundException {
            super(jar);
        }

        @Override
        public void close() {
            // The jar's file system is the JVM's, shared by all who read the jar.
        }

        @Override
        protected Resource createResource(Path path, String name) {
            return new PathResource(name, path) {
                @Override
                public InputStream openInputStream() throws IOException {
                    if (!name.endsWith(".xml")) {
                        return super.openInputStream();
                    }
                    String xml = Files.readString(path);
                    return new ByteArrayInputStream(CUSTOM_CHANGE.matcher(xml).replaceAll("").getBytes(StandardCharsets.UTF_8));
                }
            };
        }
    }
}
