package com.juragpt.auditor.migrations.loss;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TypeRoomTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "varchar(5) | text", "timestamp | text", "char(5) | VARCHAR", "varchar(5) | character varying(5)", "int | BIGINT",
        "int2 | numeric", "numeric(10,2) | numeric(12, 2)", "decimal(10,2) | numeric", "real | float8", "integer | int4",
        "bit(1) | bit", "timestamp(3) | timestamp", "timestamp(3) | timestamp(6)"})
    void isThereForEachValueOfANarrowerType(String former, String type) {
        assertThat(TypeRoom.isFor(former, type)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "text | varchar(5)", "varchar | varchar(5)", "varchar(6) | varchar(5)", "bigint | int", "numeric | bigint",
        "numeric(10,2) | numeric(12,1)", "numeric(10,2) | numeric(12)", "double precision | real", "bigint | double precision",
        "char(5) | char", "bit(3) | bit", "timestamp | date", "timestamp | timestamp(3)", "int | numeric(3,1)", "mood | int",
        "varchar(99999999999) | varchar(5)", "'varchar2(5 byte)' | 'varchar2(4 byte)'"})
    void isInDoubtNotThere(String former, String type) {
        assertThat(TypeRoom.isFor(former, type)).isFalse();
    }
}
