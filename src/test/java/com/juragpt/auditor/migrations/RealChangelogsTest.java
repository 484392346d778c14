package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.testing.RealChangelog;
import java.util.List;

/** A changelog that runs SQL files; {@link AllRealChangelogsTest} has the others, those of XML alone and in YAML too. */
class RealChangelogsTest extends RealChangelogs {

    static List<RealChangelog> changelogs() {
        return List.of(RealChangelog.CAMUNDA);
    }
}
