package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.testing.RealChangelog;
import java.util.List;

/** One changelog of XML alone and one that runs SQL files; {@link AllRealChangelogsTest} has the rest, those in YAML too. */
class RealChangelogsTest extends RealChangelogs {

    static List<RealChangelog> changelogs() {
        return List.of(RealChangelog.FLOWABLE_DMN, RealChangelog.CAMUNDA);
    }
}
