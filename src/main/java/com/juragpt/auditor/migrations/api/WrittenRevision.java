package com.juragpt.auditor.migrations.api;

import java.util.List;

/**
 * What was written for a revision. Paths are relative to the changelog's folder, with slashes.
 *
 * @param revision its tag
 * @param files its new files, in the order in which the master includes them; the one with the tag is the last
 * @param master the master changelog, which includes them at its end now
 */
public record WrittenRevision(String revision, List<String> files, String master) {

    /** The folder of the files. */
    public String folder() {
        return files.get(0).substring(0, files.get(0).lastIndexOf('/'));
    }
}
