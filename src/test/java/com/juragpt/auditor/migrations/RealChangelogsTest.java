package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.testing.RealChangelog;
import java.util.List;

/** One changelog of each format and each way to be told apart; {@link AllRealChangelogsTest} has the rest. */
class RealChangelogsTest extends RealChangelogs {

    static List<RealChangelog> changelogs() {
        return List.of(RealChangelog.FLOWABLE_DMN, RealChangelog.CAMUNDA, RealChangelog.GRAVITEE);
    }
}
