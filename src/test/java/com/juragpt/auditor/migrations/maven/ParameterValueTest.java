package com.juragpt.auditor.migrations.maven;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.juragpt.auditor.migrations.api.OnDataLoss;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParameterValueTest {

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "yes", "1", "TRUE", "true "})
    void aFlagThatIsNeitherTrueNorFalseIsRefusedRatherThanFalse(String text) {
        assertThatThrownBy(() -> value(text).flag()).hasMessageStartingWith("[invalid-parameter] Cannot read -Dmigrations.x");
        assertThat(value("true").flag()).isTrue();
        assertThat(value("false").flag()).isFalse();
    }

    @Test
    void theMessageShowsWhatWasGivenWhatIsExpectedAndWhatToType() {
        assertThatThrownBy(() -> value("keep\u0007").oneOf(OnDataLoss.class)).hasMessage("""
                [invalid-parameter] Cannot read -Dmigrations.x='keep?'. Nothing was changed.
                  expected: refuse, archive, accept
                  help: -Dmigrations.x=refuse""");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "5s", "PT-5S", "5.5", "12345678901"})
    void aTimeIsWholeSecondsOrIso8601AndNeverNegative(String text) {
        assertThatThrownBy(() -> value(text).time()).hasMessageContaining("[invalid-parameter]");
        assertThat(value("0").time()).isZero();
        assertThat(value("90").time()).isEqualTo(Duration.ofSeconds(90));
        assertThat(value("PT0.5S").time()).isEqualTo(Duration.ofMillis(500));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "two", "1e3", "99999999999"})
    void aCountIsAWholeNumber(String text) {
        assertThatThrownBy(() -> value(text).count()).hasMessageContaining("expected: a whole number");
        assertThat(value("12").count()).isEqualTo(12);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = "")
    void aNameThatMustBeGivenIsAskedForWithAnExample(String text) {
        assertThatThrownBy(() -> value(text).given("v1.2")).hasMessageContaining("help: -Dmigrations.x=v1.2");
        assertThat(value("v1").given("v1.2")).isEqualTo("v1");
    }

    private static ParameterValue value(String text) {
        return new ParameterValue("migrations.x", text);
    }
}
