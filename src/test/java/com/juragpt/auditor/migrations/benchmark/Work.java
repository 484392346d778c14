package com.juragpt.auditor.migrations.benchmark;

/** What a tool is asked to do. */
enum Work {

    /** Everything, in an empty database. */
    FRESH("fresh"),

    /** The same again, when there is nothing left to do. */
    NO_OP("no-op"),

    /** To say what is pending, when nothing is. */
    STATUS("status"),

    /** To say no more than that nothing is pending. */
    REQUIRE_CURRENT("require current");

    private final String title;

    Work(String title) {
        this.title = title;
    }

    /** As a table names it. */
    String title() {
        return title;
    }
}
