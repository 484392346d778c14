package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.Migrations;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whoever sets the machine's clock during a deployment changes nothing but the times that are written down. */
class ClockTest {

    /** Those that write down when something was, or take it for a name or a number; none of them measures with it. */
    private static final Set<String> TELL_THE_TIME =
            Set.of("lock.LockRow", "archive.DataArchive", "changelog.History", "changelog.LiquibaseScope");
    private static final Pattern TYPE =
            Pattern.compile("^(?:\\w+ )*(?:class|interface|enum|record) com\\.juragpt\\.auditor\\.migrations\\.([\\w.]+)");
    // Anywhere in a class, be it called or only referred to.
    private static final Pattern ASKS =
            Pattern.compile("java/time/\\w+\\.now:|java/time/Clock\\.\\w+:|System\\.currentTimeMillis:"
                    + "|java/util/Date\\.\"<init>\":\\(\\)V|Calendar\\.getInstance:|GregorianCalendar\\.\"<init>\"");

    @Test
    void onlyWhoWritesATimeDownAsksForIt() throws IOException, URISyntaxException {
        Path classes = Path.of(Migrations.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .resolve("com/juragpt/auditor/migrations");
        List<String> arguments = new ArrayList<>(List.of("-v", "-p"));
        try (Stream<Path> files = Files.walk(classes)) {
            files.map(Path::toString).filter(file -> file.endsWith(".class")).forEach(arguments::add);
        }
        StringWriter code = new StringWriter();
        PrintWriter out = new PrintWriter(code);
        assertThat(ToolProvider.findFirst("javap").orElseThrow().run(out, out, arguments.toArray(String[]::new))).isZero();
        Set<String> asking = new TreeSet<>();
        String reading = "";
        for (String line : code.toString().lines().toList()) {
            Matcher type = TYPE.matcher(line);
            if (type.find()) {
                reading = type.group(1);
            } else if (ASKS.matcher(line).find()) {
                asking.add(reading);
            }
        }
        assertThat(asking).isEqualTo(new TreeSet<>(TELL_THE_TIME));
    }
}
