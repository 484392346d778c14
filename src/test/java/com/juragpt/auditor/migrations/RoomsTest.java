package com.juragpt.auditor.migrations;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.juragpt.auditor.migrations.api.MigrationException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Executable;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each package is a room with one duty: who may import whom, and what an application sees. Read from the class files. */
class RoomsTest {

    private static final String ROOT = Migrations.class.getPackageName();
    private static final Pattern IMPORT =
            Pattern.compile("^\\s+(" + Pattern.quote(ROOT) + "\\S*)\\s+-> (" + Pattern.quote(ROOT) + "\\S*)\\s.*$");

    /** What each room may import; the root is the empty name. */
    private static final Map<String, Set<String>> MAY_IMPORT = Map.ofEntries(
            Map.entry("api", Set.of()),
            Map.entry("database", Set.of("api")),
            Map.entry("connection", Set.of("api")),
            Map.entry("lock", Set.of("api", "connection")),
            Map.entry("catalog", Set.of("api", "connection")),
            Map.entry("changelog", Set.of("api", "connection", "lock")),
            Map.entry("check", Set.of("api", "changelog")),
            Map.entry("current", Set.of("api", "connection", "lock", "changelog")),
            Map.entry("archive", Set.of("api", "connection", "changelog")),
            Map.entry("loss", Set.of("api", "connection", "changelog")),
            Map.entry("deploy", Set.of("api", "connection", "lock", "changelog", "check", "archive", "loss")),
            Map.entry("rollback", Set.of("api", "connection", "changelog", "loss", "archive", "deploy")),
            Map.entry("rehearse", Set.of("api", "connection", "changelog", "catalog", "loss", "rollback")),
            Map.entry("draft", Set.of("api", "database", "connection", "changelog", "catalog", "rehearse")),
            Map.entry("",
                    Set.of("api", "database", "connection", "changelog", "check", "current", "archive", "deploy", "rollback",
                            "rehearse", "draft", "review")),
            Map.entry("review", Set.of("api", "connection", "lock", "changelog", "loss", "rollback")),
            Map.entry("render", Set.of("api")),
            Map.entry("maven", Set.of("", "api", "database", "render")));

    private static final Set<String> FOR_APPLICATIONS = Set.of("", "api", "database");

    /** Each class, nested ones counted as their outermost, with those that it uses. */
    private static final Map<String, Set<String>> USES = new TreeMap<>();

    @BeforeAll
    static void readTheClassFiles() throws URISyntaxException {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = ToolProvider.findFirst("jdeps").orElseThrow().run(new PrintWriter(out), new PrintWriter(err),
                "-verbose:class", "--multi-release", "base", classes().toString());
        assertThat(exit).as(err.toString()).isZero();
        out.toString().lines().map(IMPORT::matcher).filter(Matcher::matches).forEach(line -> {
            String user = outermost(line.group(1));
            String used = outermost(line.group(2));
            if (!user.equals(used)) {
                USES.computeIfAbsent(user, name -> new TreeSet<>()).add(used);
            }
        });
        assertThat(USES).hasSizeGreaterThan(50);
    }

    @Test
    void aRoomImportsWhatItMay() {
        Map<String, Set<String>> imports = by(RoomsTest::room);
        assertThat(imports.keySet()).isSubsetOf(MAY_IMPORT.keySet());
        imports.forEach((room, others) -> assertThat(others).as("imports of room '%s'", room)
                .isSubsetOf(MAY_IMPORT.get(room)));
    }

    @Test
    void noPackagesDependOnEachOtherInACircle() {
        assertThat(circles(by(RoomsTest::room))).isEmpty();
    }

    @Test
    void noClassesDependOnEachOtherInACircle() {
        assertThat(circles(by(name -> name))).isEmpty();
    }

    @Test
    void theRoomOfTheUrlKnowsOnlyTheException() {
        Set<String> used = USES.entrySet().stream().filter(use -> room(use.getKey()).equals("database"))
                .flatMap(use -> use.getValue().stream()).filter(name -> !room(name).equals("database"))
                .map(name -> name.substring(name.lastIndexOf('.') + 1)).collect(toCollection(TreeSet::new));
        assertThat(used).containsExactly("Diagnosis", "MigrationException", "Problem");
    }

    @Test
    void whatAnApplicationSeesNamesNothingInternal() throws Exception {
        List<String> internal = new ArrayList<>();
        for (Class<?> type : publicTypes()) {
            if (FOR_APPLICATIONS.contains(room(type.getName()))) {
                Stream.<Executable>concat(Arrays.stream(type.getMethods()), Arrays.stream(type.getConstructors()))
                        .filter(member -> member.getDeclaringClass().getName().startsWith(ROOT))
                        .filter(member -> typesOf(member).anyMatch(name -> name.contains(ROOT)
                                && !FOR_APPLICATIONS.contains(room(outermost(name)))))
                        .forEach(member -> internal.add(member.toString()));
            }
        }
        assertThat(internal).isEmpty();
    }

    @Test
    void anInternalRoomSaysSoAtItsDoor() throws IOException {
        for (String room : MAY_IMPORT.keySet()) {
            String door = Files.readString(
                    Path.of("src/main/java", ROOT.replace('.', '/'), room, "package-info.java"));
            boolean internal = !FOR_APPLICATIONS.contains(room) && !room.equals("render") && !room.equals("maven");
            assertThat(door.contains("Internal")).as("'Internal' in the package-info of '%s'", room).isEqualTo(internal);
        }
    }

    @Test
    void onlyTheExceptionsBuilderMakesExceptions() {
        assertThat(MigrationException.class.getConstructors()).isEmpty();
    }

    private static Stream<String> typesOf(Executable member) {
        return Stream
                .concat(Arrays.stream(member.getGenericParameterTypes()), Stream.of(member.getAnnotatedReturnType().getType()))
                .map(Type::getTypeName).flatMap(name -> Arrays.stream(name.split("[<>,\\s\\[\\]]+")));
    }

    private static List<Class<?>> publicTypes() throws Exception {
        try (Stream<Path> files = Files.walk(classes())) {
            List<Class<?>> types = new ArrayList<>();
            for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
                String name = classes().relativize(file).toString().replaceAll("\\.class$", "").replace('/', '.');
                if (name.startsWith(ROOT) && !name.endsWith("package-info")) {
                    Class<?> type = Class.forName(name, false, RoomsTest.class.getClassLoader());
                    if (Modifier.isPublic(type.getModifiers())) {
                        types.add(type);
                    }
                }
            }
            return types;
        }
    }

    /** What uses what, with the classes put together by a name of their own. */
    private static Map<String, Set<String>> by(UnaryOperator<String> group) {
        Map<String, Set<String>> grouped = new TreeMap<>();
        USES.forEach((user, used) -> used.stream().map(group).filter(other -> !other.equals(group.apply(user)))
                .forEach(other -> grouped.computeIfAbsent(group.apply(user), name -> new TreeSet<>()).add(other)));
        return grouped;
    }

    /** The names from which a path leads to themselves. */
    private static Set<String> circles(Map<String, Set<String>> uses) {
        return uses.keySet().stream().filter(name -> {
            Set<String> reached = new HashSet<>();
            List<String> next = new ArrayList<>(uses.get(name));
            while (!next.isEmpty()) {
                String one = next.remove(next.size() - 1);
                if (reached.add(one)) {
                    next.addAll(uses.getOrDefault(one, Set.of()));
                }
            }
            return reached.contains(name);
        }).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String room(String className) {
        String packageName = className.substring(0, className.lastIndexOf('.'));
        return packageName.equals(ROOT) ? "" : packageName.substring(ROOT.length() + 1);
    }

    private static String outermost(String className) {
        return className.replaceFirst("\\$.*", "");
    }

    private static Path classes() throws URISyntaxException {
        return Path.of(Migrations.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
