package com.juragpt.auditor.migrations.review;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** SHA-256 of texts, in hexadecimal digits. */
final class Fingerprint {

    private final MessageDigest sha;

    Fingerprint() {
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    static String of(String text) {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.sha.update(text.getBytes(StandardCharsets.UTF_8));
        return fingerprint.toString();
    }

    /** Adds a text, with its length, so that no two lists of texts are the same. */
    Fingerprint add(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        sha.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
        sha.update(bytes);
        return this;
    }

    /** Adds how many texts there are, and each. */
    Fingerprint add(List<String> texts) {
        sha.update((texts.size() + ";").getBytes(StandardCharsets.UTF_8));
        texts.forEach(this::add);
        return this;
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(sha.digest());
    }
}
