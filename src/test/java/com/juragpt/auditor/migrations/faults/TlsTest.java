package com.juragpt.auditor.migrations.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.juragpt.auditor.migrations.Migrations;
import com.juragpt.auditor.migrations.api.MigrationException;
import com.juragpt.auditor.migrations.api.MigrationOptions;
import com.juragpt.auditor.migrations.api.Problem;
import com.juragpt.auditor.migrations.database.DatabaseUrl;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose certificate is not what the URL demands is not deployed to, and the message says why and shows no password. */
@Tag("faults")
class TlsTest {

    private static final String PASSWORD = "s3cret-of-tls";

    private static final String STORE_PASSWORD = "changeit";

    @TempDir
    private Path folder;

    @Test
    void aWrongCertificateIsRefusedWithTheReason() throws Exception {
        Path authority = authority("authority");
        Path other = authority("other");

        try (EmbeddedPostgres server = server(certificate("right", "localhost", "-1d", 10))) {
            assertThat(Migrations.of(url(server, "verify-full", authority), MigrationOptions.defaults()).update().changesets())
                    .isNotEmpty();
            assertRefused(server, "verify-full", other, "PKIX");
            assertRefused(server, "verify-ca", other, "PKIX");
            assertRefused(server, "verify-full", folder.resolve("missing.pem"), "missing.pem");
        }
        try (EmbeddedPostgres server = server(certificate("elsewhere", "db.example.org", "-1d", 10))) {
            assertRefused(server, "verify-full", authority, "localhost");
            assertThat(Migrations.of(url(server, "verify-ca", authority), MigrationOptions.defaults()).status().changesets())
                    .isNotEmpty();
        }
        try (EmbeddedPostgres server = server(certificate("expired", "localhost", "-10d", 5))) {
            assertRefused(server, "verify-full", authority, "validity check failed");
        }
        try (EmbeddedPostgres server = EmbeddedPostgres.builder().start()) {
            assertRefused(server, "verify-full", authority, "does not support SSL");
        }
    }

    private static void assertRefused(EmbeddedPostgres server, String mode, Path root, String reason) {
        DatabaseUrl url = url(server, mode, root);
        MigrationException refusal = catchThrowableOfType(MigrationException.class,
                () -> Migrations.of(url, MigrationOptions.defaults()).update());
        assertThat(refusal).isNotNull();
        assertThat(refusal.problem()).as(refusal.getMessage()).isEqualTo(Problem.CANNOT_CONNECT);
        assertThat(refusal.getMessage()).contains("Nothing was changed.", "\n  help: ", reason).doesNotContain(PASSWORD);
        for (Throwable cause = refusal; cause != null; cause = cause.getCause()) {
            assertThat(cause.toString()).doesNotContain(PASSWORD);
        }
    }

    private static DatabaseUrl url(EmbeddedPostgres server, String mode, Path root) {
        return DatabaseUrl
                .parse("postgresql://postgres:" + PASSWORD + "@localhost:" + server.getPort() + "/postgres?sslmode=" + mode
                        + "&sslrootcert=" + root);
    }

    private static EmbeddedPostgres server(Path certificate) throws IOException {
        return EmbeddedPostgres.builder().setServerConfig("ssl", "on").setServerConfig("ssl_cert_file", certificate.toString())
                .setServerConfig("ssl_key_file", key(certificate).toString()).start();
    }

    private static Path key(Path certificate) {
        return certificate.resolveSibling(certificate.getFileName() + ".key");
    }

    /** The certificate of an authority, as PEM; its keys stay in a key store beside it. */
    private Path authority(String name) throws IOException, InterruptedException {
        keytool("-genkeypair", "-alias", name, "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=" + name, "-ext", "bc:c",
                "-validity", "10", "-keystore", store(name));
        Path certificate = folder.resolve(name + ".pem");
        keytool("-exportcert", "-rfc", "-alias", name, "-keystore", store(name), "-file", certificate.toString());
        return certificate;
    }

    /** The certificate of a server by the authority, as PEM, and its key beside it. */
    private Path certificate(String name, String host, String start, int days)
            throws IOException, GeneralSecurityException, InterruptedException {
        Path request = folder.resolve(name + ".request");
        Path certificate = folder.resolve(name + ".pem");
        keytool("-genkeypair", "-alias", name, "-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=" + name, "-keystore",
                store(name));
        keytool("-certreq", "-alias", name, "-keystore", store(name), "-file", request.toString());
        keytool("-gencert", "-rfc", "-alias", "authority", "-keystore", store("authority"), "-infile", request.toString(),
                "-outfile",
                certificate.toString(), "-ext", "SAN=DNS:" + host, "-startdate", start, "-validity", String.valueOf(days));
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(Path.of(store(name)))) {
            keys.load(in, STORE_PASSWORD.toCharArray());
        }
        Files.writeString(key(certificate), pem("PRIVATE KEY", keys.getKey(name, STORE_PASSWORD.toCharArray()).getEncoded()));
        Files.setPosixFilePermissions(key(certificate), PosixFilePermissions.fromString("rw-------"));
        return certificate;
    }

    private String store(String name) {
        return folder.resolve(name + ".p12").toString();
    }

    private void keytool(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", STORE_PASSWORD));
        Path output = folder.resolve("keytool.log");
        int exit = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start().waitFor();
        assertThat(exit).as(Files.readString(output)).isZero();
    }

    private static String pem(String kind, byte[] content) {
        return "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
                + "\n-----END "
                + kind + "-----\n";
    }
}
