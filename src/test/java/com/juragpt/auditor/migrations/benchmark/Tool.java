package com.juragpt.auditor.migrations.benchmark;

import java.util.Arrays;
import java.util.List;

/** Who is measured: four APIs, each in a process that is warm, and six commands, from typing them to their end. */
enum Tool {

    OUR_API("API: this module", "this module"),
    STOCK_API("API: Liquibase", "Liquibase"),
    FLYWAY_API("API: Flyway", "Flyway"),
    ALEMBIC_API("API: Alembic", "Alembic"),

    OUR_GOAL("mvn migrations:update", "this module"),
    STOCK_GOAL("mvn liquibase:update", "Liquibase"),
    FLYWAY_GOAL("mvn flyway:migrate", "Flyway"),
    ALEMBIC_COMMAND("alembic upgrade head", "Alembic"),
    PSQL("psql -1 -f", "psql"),
    VALIDATE("mvn validate", "mvn validate");

    private final String title;
    private final String family;

    Tool(String title, String family) {
        this.title = title;
        this.family = family;
    }

    /** As a table names it. */
    String title() {
        return title;
    }

    /** As a legend names it. */
    String family() {
        return family;
    }

    boolean isApi() {
        return ordinal() <= ALEMBIC_API.ordinal();
    }

    static List<Tool> apis() {
        return Arrays.stream(values()).filter(Tool::isApi).toList();
    }

    static List<Tool> commands() {
        return Arrays.stream(values()).filter(tool -> !tool.isApi()).toList();
    }
}
