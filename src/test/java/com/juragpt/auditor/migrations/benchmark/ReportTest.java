package com.juragpt.auditor.migrations.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

class ReportTest {

    private final Results results = new Results();

    @Test
    void ratioIsThatOfTheMediansBesideThoseOfTheRounds() {
        add(Tool.OUR_API, Work.NO_OP, 1000, 10, 30, 20);
        add(Tool.STOCK_API, Work.NO_OP, 1000, 100, 100, 400);

        assertThat(results.time(new Subject(Tool.OUR_API, Work.NO_OP, 1000), new Subject(Tool.STOCK_API, Work.NO_OP, 1000)))
                .contains(new Ratio(0.2, 0.05, 0.3));
        assertThat(new Report(results).targets()).contains("| API, no-op, 1 000 changesets, of Liquibase | 0.20 | 0.050 to 0.30 |"
                + " 0.10 | no |");
    }

    @Test
    void targetIsReachedUpToItsLimitAndNotWithoutAMeasurement() {
        add(Tool.OUR_API, Work.NO_OP, 1000, 10);
        add(Tool.STOCK_API, Work.NO_OP, 1000, 100);

        assertThat(Target.of(results).stream().filter(Target::isReached)).singleElement()
                .isEqualTo(new Target("API, no-op, 1 000 changesets, of Liquibase", 0.1, Optional.of(Ratio.of(0.1))));
        assertThat(new Report(results).targets()).contains("| the same, of Flyway |  |  | 0.50 | not measured |");
    }

    @Test
    void plotIsAPictureWithALineForEachTool() throws Exception {
        add(Tool.OUR_API, Work.FRESH, 1, 1_000_000);
        add(Tool.OUR_API, Work.FRESH, 100, 50_000_000);
        add(Tool.STOCK_API, Work.FRESH, 1, 2_000_000);

        var picture = DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(Plot.of(results).getBytes(StandardCharsets.UTF_8)));

        assertThat(picture.getElementsByTagName("circle").getLength()).isEqualTo(3);
        assertThat(picture.getElementsByTagName("title").item(0).getTextContent()).contains("changesets");
    }

    private void add(Tool tool, Work work, int size, long... nanos) {
        for (long time : nanos) {
            results.add(new Subject(tool, work, size), new Sample(time, 0, 0));
        }
    }
}
