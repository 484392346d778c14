package com.juragpt.auditor.migrations.check;

import com.juragpt.auditor.migrations.check.YamlFile.Entry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import liquibase.changelog.ChangeSet;
import liquibase.resource.Resource;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * A file of a changelog.
 *
 * @param name as the changelog has it
 * @param entries what stands in it, in YAML and JSON; else none
 * @param changesets those that stand in it themselves, in order
 * @param problem why it could not be understood; null if it could
 */
record WrittenFile(String name, List<Entry> entries, List<WrittenChangeset> changesets, String problem) {

    private static final Pattern SQL_CHANGESET =
            Pattern.compile("(?i)\\s*--\\s*changeset\\s+(\"[^\"]*\"|[^:]*):(\"[^\"]*\"|\\S+).*");

    static boolean isYaml(String name) {
        return name.toLowerCase(Locale.ROOT).matches(".*\\.(?:ya?ml|json)");
    }

    /** @param file that Liquibase would find by the name */
    static WrittenFile read(String name, Resource file) {
        try (Reader in = new InputStreamReader(file.openInputStream(), StandardCharsets.UTF_8)) {
            String text = new BufferedReader(in).lines().reduce(new StringBuilder(), (all, line) -> all.append(line).append('\n'),
                    StringBuilder::append).toString();
            if (isYaml(name)) {
                List<Entry> entries = YamlFile.read(new StringReader(text));
                return new WrittenFile(name, entries, ofYaml(name, entries), null);
            }
            return new WrittenFile(name, List.of(), name.toLowerCase(Locale.ROOT).endsWith(".xml") ? ofXml(name, text)
                    : ofSql(name, text), null);
        } catch (YAMLException e) {
            return new WrittenFile(name, List.of(), List.of(), "is not YAML: " + e.getMessage());
        } catch (XMLStreamException e) {
            return new WrittenFile(name, List.of(), List.of(), "is not XML: " + e.getMessage());
        } catch (IOException e) {
            return new WrittenFile(name, List.of(), List.of(), "cannot be read: " + e.getMessage());
        }
    }

    /**
     * The same with what Liquibase made of its changesets. Liquibase passes over those for another kind of database, so each is
     * given to the next that it can be.
     */
    WrittenFile with(List<ChangeSet> parsed) {
        Iterator<ChangeSet> next = parsed.iterator();
        ChangeSet candidate = next.hasNext() ? next.next() : null;
        List<WrittenChangeset> matched = new ArrayList<>();
        for (WrittenChangeset written : changesets) {
            boolean same = candidate != null && Objects.equals(written.id(), candidate.getId())
                    && Objects.equals(written.author(), candidate.getAuthor());
            matched.add(same ? written.as(candidate) : written);
            candidate = !same ? candidate : next.hasNext() ? next.next() : null;
        }
        return new WrittenFile(name, entries, matched, problem);
    }

    /** The same, with all others as if Liquibase had passed over them. */
    WrittenFile only(Set<ChangeSet> counted) {
        return new WrittenFile(name, entries, changesets.stream()
                .map(changeset -> counted.contains(changeset.parsed()) ? changeset : changeset.as(null)).toList(), problem);
    }

    private static List<WrittenChangeset> ofYaml(String name, List<Entry> entries) {
        List<WrittenChangeset> changesets = new ArrayList<>();
        for (Entry log : entries) {
            for (Entry entry : log.name().equals("databaseChangeLog") ? YamlFile.entries(log.value()) : List.<Entry>of()) {
                if (entry.name().equals("changeSet")) {
                    changesets.add(
                            new WrittenChangeset(name, entry.line(), value(entry, "id"), value(entry, "author"), entry, null));
                }
            }
        }
        return changesets;
    }

    private static String value(Entry changeset, String key) {
        return YamlFile.entries(changeset.value(), key).stream().map(Entry::value).filter(ScalarNode.class::isInstance)
                .map(value -> YamlFile.valueOf((ScalarNode) value)).reduce((first, last) -> last).orElse(null);
    }

    private static List<WrittenChangeset> ofXml(String name, String text) throws XMLStreamException {
        XMLInputFactory factory = XMLInputFactory.newFactory();
        // What is outside of the file is never fetched.
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        XMLStreamReader reader = factory.createXMLStreamReader(new StringReader(text));
        List<WrittenChangeset> changesets = new ArrayList<>();
        while (reader.hasNext()) {
            if (reader.next() == XMLStreamReader.START_ELEMENT && reader.getLocalName().equals("changeSet")) {
                changesets.add(new WrittenChangeset(name, reader.getLocation().getLineNumber(),
                        reader.getAttributeValue(null, "id"), reader.getAttributeValue(null, "author"), null, null));
            }
        }
        return changesets;
    }

    private static List<WrittenChangeset> ofSql(String name, String text) {
        List<WrittenChangeset> changesets = new ArrayList<>();
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            Matcher changeset = SQL_CHANGESET.matcher(lines.get(i));
            if (changeset.matches()) {
                changesets.add(new WrittenChangeset(name, i + 1, unquoted(changeset.group(2)), unquoted(changeset.group(1)), null,
                        null));
            }
        }
        return changesets;
    }

    private static String unquoted(String name) {
        return name.startsWith("\"") && name.length() > 1 ? name.substring(1, name.length() - 1) : name;
    }
}
