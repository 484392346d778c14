package com.juragpt.auditor.migrations.draft;

import com.juragpt.auditor.migrations.api.Diagnosis;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.Problem;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What names become of a revision's name, its tag and its tables: of folders, files and changesets. */
final class RevisionName {

    private static final int LONGEST = 60;
    // What PostgreSQL keeps of a name.
    private static final int LONGEST_TABLE = 63;

    private RevisionName() {
    }

    /**
     * The name for a folder: lower-case letters and digits, with a hyphen for everything else.
     *
     * @throws MigrationException {@link Problem#INVALID_PARAMETER}: nothing is left of it, it is too long or has several lines
     */
    static String slug(String name) {
        if (name.chars().anyMatch(Character::isISOControl)) {
            throw refused("name", name, "one line, without control characters", "add user authentication");
        }
        String german = name.toLowerCase(Locale.ROOT).replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss");
        String ascii = Normalizer.normalize(german, Normalizer.Form.NFD).replaceAll("\\p{M}", "");
        String slug = ascii.replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        if (slug.isEmpty()) {
            throw refused("name", name, "a few words, of which letters a to z or digits are left", "add user authentication");
        }
        if (slug.length() > LONGEST) {
            throw refused("name", name.length() > LONGEST ? name.substring(0, LONGEST) + "…" : name,
                    "a name of which at most " + LONGEST + " characters are left; this has " + slug.length(),
                    words(slug.substring(0, LONGEST)));
        }
        return slug;
    }

    private static String words(String slug) {
        return (slug.contains("-") ? slug.substring(0, slug.lastIndexOf('-')) : slug).replace('-', ' ');
    }

    /** @throws MigrationException {@link Problem#INVALID_PARAMETER}: the tag could not be a part of a folder's name and of ids */
    static String tag(String revision) {
        if (!revision.matches("[A-Za-z0-9_]{1,32}") || revision.equalsIgnoreCase("base")) {
            throw refused("revision", revision, "1 to 32 letters of a to z, digits or _, and not base", "003");
        }
        return revision;
    }

    /** @throws MigrationException {@link Problem#INVALID_PARAMETER}: no table's name, or the same one twice */
    static List<String> tables(List<String> tables) {
        Set<String> seen = new HashSet<>();
        for (String table : tables) {
            if (!table.matches("[A-Za-z_][A-Za-z0-9_]*") || table.getBytes(StandardCharsets.UTF_8).length > LONGEST_TABLE) {
                throw refused("tables", table, "names of tables as SQL has them without quotes, separated by commas",
                        "users,login_attempts");
            }
            if (!seen.add(file(table))) {
                throw refused("tables", table, "each table once", "users,login_attempts");
            }
        }
        return tables;
    }

    /** The file for a table. */
    static String file(String table) {
        String name = table.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]+", "_");
        // That file is the tag's.
        return (name + ".yaml").equals(Template.TAG_FILE) ? name + "_table.yaml" : name + ".yaml";
    }

    /** A word of an id. */
    static String inId(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
    }

    private static MigrationException refused(String parameter, String given, String expected, String example) {
        String value =
                given.contains(" ") || given.isEmpty() || example.contains(" ") ? "'" + printable(given) + "'" : printable(given);
        return Diagnosis.of(Problem.INVALID_PARAMETER, "Cannot use -Dmigrations." + parameter + "=" + value)
                .line("expected: " + expected)
                .help("-Dmigrations." + parameter + "=" + (example.contains(" ") ? "\"" + example + "\"" : example));
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
