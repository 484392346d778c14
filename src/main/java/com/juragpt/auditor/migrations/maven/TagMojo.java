package com.juragpt.auditor.migrations.maven;

import com.juragpt.auditor.migrations.render.ResultText;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Tags the present point of the history, for instance before a deployment, so that a rollback can return to it. A tag is used
 * once; a point may have several.
 */
@Mojo(name = "tag", requiresProject = false, threadSafe = true, configurator = SecretKeepingConfigurator.NAME)
public final class TagMojo extends AbstractMigrationsMojo {

    /** The new name, for instance v1.2. */
    @Parameter(property = "migrations.tag")
    private String tag;

    @Override
    void run() {
        String name = new ParameterValue("migrations.tag", tag).given("v1.2");
        log(ResultText.of(migrations().tag(name)));
    }
}
