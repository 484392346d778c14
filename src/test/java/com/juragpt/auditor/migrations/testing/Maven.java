package com.juragpt.auditor.migrations.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * The Maven that runs this build, started again for a test, as a person would start it: the same installation, Java,
 * settings of the user and version of Liquibase.
 *
 * <p>Only its local repository is another one, in the folder {@code target}, where the build has put this project's own
 * artefact: the user's must never see that. What else a run needs, it copies from the user's local repository before it
 * asks for it on the network.
 */
public final class Maven {

    private static final String WINDOWS_SUFFIX = System.getProperty("os.name").startsWith("Windows") ? ".cmd" : "";

    private final Path folder;
    private final Map<String, String> environment = new HashMap<>();

    private Maven(Path folder) {
        this.folder = folder;
    }

    /** Maven, with this working directory. */
    public static Maven in(Path folder) {
        return new Maven(folder);
    }

    /** Sets a variable of the runs' environment. */
    public Maven with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** Runs {@code mvn} with these arguments, and waits for its end. */
    public Run mvn(String... arguments) {
        return Run.of(folder, environment(), command(arguments));
    }

    /** The program and its arguments, for who runs it by other means than {@link #mvn}. */
    public List<String> command(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(setting("it.maven.home"), "bin", "mvn" + WINDOWS_SUFFIX).toString());
        command.addAll(List.of("--batch-mode", "--no-transfer-progress"));
        command.addAll(List.of("--global-settings", GlobalSettings.FILE.toString()));
        Path userSettings = Path.of(setting("it.user.settings"));
        if (Files.exists(userSettings)) {
            command.addAll(List.of("--settings", userSettings.toString()));
        }
        command.add("-Dmaven.repo.local=" + setting("it.repository"));
        if (setting("it.network").equals("offline true")) {
            command.addAll(List.of("--offline", "-Daether.offline.protocols=file"));
        }
        command.add("-Dliquibase.version=" + setting("it.liquibase.version"));
        command.addAll(List.of(arguments));
        return command;
    }

    /** What a run gets in its environment, beside this process's own. */
    public Map<String, String> environment() {
        Map<String, String> all = new HashMap<>(environment);
        // As in .mvn/jvm.config, which only a checkout has.
        // From 24 on Java warns of what Maven's own libraries do.
        all.put("MAVEN_OPTS", System.getenv().getOrDefault("MAVEN_OPTS", "") + " -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
                + (Runtime.version().feature() < 24 ? "" : " --sun-misc-unsafe-memory-access=allow"));
        all.put("JAVA_HOME", System.getProperty("java.home"));
        return all;
    }

    /** The version of this project. */
    public static String projectVersion() {
        return setting("it.project.version");
    }

    /** The local repository of these runs. */
    public static Path repository() {
        return Path.of(setting("it.repository"));
    }

    private static String setting(String name) {
        String value = System.getProperty(name);
        if (value == null) {
            throw new IllegalStateException("The system property " + name + " is missing: these tests run in mvn verify");
        }
        return value;
    }

    /** The installation's settings, and in them the user's local repository as one to copy from. */
    private static final class GlobalSettings {

        static final Path FILE = write();

        private static Path write() {
            Path outer = Path.of(setting("it.global.settings"));
            Path ours = repository().resolveSibling("it-settings.xml").toAbsolutePath();
            try {
                DocumentBuilderFactory parsers = DocumentBuilderFactory.newInstance();
                parsers.setNamespaceAware(true);
                DocumentBuilder parser = parsers.newDocumentBuilder();
                Document settings;
                if (Files.exists(outer)) {
                    try (InputStream in = Files.newInputStream(outer)) {
                        settings = parser.parse(in);
                    }
                } else {
                    settings = parser.newDocument();
                    settings.appendChild(settings.createElement("settings"));
                }
                addRepository(settings.getDocumentElement(), Path.of(setting("it.outer.repository")));
                TransformerFactory.newInstance().newTransformer()
                        .transform(new DOMSource(settings), new StreamResult(ours.toFile()));
                return ours;
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot make settings out of " + outer, e);
            } catch (SAXException | ParserConfigurationException | TransformerException e) {
                throw new IllegalStateException("Cannot make settings out of " + outer, e);
            }
        }

        private static void addRepository(Element settings, Path repository) {
            String id = "outer-local-repository";
            Element profile = add(only(settings, "profiles"), "profile");
            add(profile, "id").setTextContent(id);
            for (String kind : List.of("repository", "pluginRepository")) {
                String list = kind.replace("ory", "ories");
                Element entry = add(add(profile, list), kind);
                add(entry, "id").setTextContent(id);
                add(entry, "url").setTextContent(repository.toUri().toString());
                add(add(entry, "releases"), "checksumPolicy").setTextContent("ignore");
                add(add(entry, "snapshots"), "enabled").setTextContent("false");
            }
            add(only(settings, "activeProfiles"), "activeProfile").setTextContent(id);
        }

        private static Element only(Element parent, String name) {
            NodeList found = parent.getElementsByTagNameNS(parent.getNamespaceURI(), name);
            return found.getLength() > 0 ? (Element) found.item(0) : add(parent, name);
        }

        private static Element add(Element parent, String name) {
            return (Element) parent.appendChild(parent.getOwnerDocument().createElementNS(parent.getNamespaceURI(), name));
        }
    }
}
