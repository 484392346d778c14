package com.juragpt.auditor.migrations;

import com.juragpt.auditor.migrations.testing.RealChangelog;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** Every changelog of another project that there is, the large ones too. */
@Tag("exhaustive")
class AllRealChangelogsTest extends RealChangelogs {

    static List<RealChangelog> changelogs() {
        return List.of(RealChangelog.values());
    }
}
