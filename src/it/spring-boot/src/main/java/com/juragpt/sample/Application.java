package com.juragpt.sample;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import javax.sql.DataSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts, lets Spring Boot run the changelog, tells its class path, asks whether the schema is current, and ends. */
@SpringBootApplication
public class Application {

    public static void main(String[] arguments) {
        try (var context = SpringApplication.run(Application.class, arguments)) {
            LoggerFactory.getLogger(Application.class).info("class path: {}", System.getProperty("java.class.path"));
            Migrations.of(context.getBean(DataSource.class), MigrationOptions.defaults()).requireCurrent();
        }
    }
}
