package com.juragpt.sample;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import javax.sql.DataSource;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Keeps the application from starting on a database that lacks a changeset. */
@Configuration
class SchemaCheck {

    @Bean
    @DependsOnDatabaseInitialization // after Spring Boot's own Liquibase, where that is not switched off
    InitializingBean schemaIsCurrent(DataSource database) {
        return Migrations.of(database, MigrationOptions.defaults())::requireCurrent;
    }
}
