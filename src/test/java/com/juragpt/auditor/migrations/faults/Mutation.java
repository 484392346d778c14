package com.juragpt.auditor.migrations.faults;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** Damages a file by lot, as a broken disk, a bad merge or a careless hand does. The same seed damages it in the same way. */
final class Mutation {

    private static final List<String> TOKENS = List.of("'", "\"", ":", ": ", "\t", "\n", "- ", "{", "}", "[", "]", "&a ", "*a",
            "? ",
            "| ", "> ", "#", "%", "@", "`", "!!int ", "!!java.net.URL ", "<<: ", "---\n", "...\n", "~", "null", "true", "0x1F",
            "${", "}", "<", ">", "</", "<!--", "-->", "<![CDATA[", "]]>", "&x;", "\0", "\uFEFF", "\u00A0", "\u2028", "\u202E",
            "é",
            "\uD83D\uDC18", "2026-01-01", "1e999", ".nan", "include: {file: x}", "includeAll: {path: .}", "preConditions: x",
            "rollback:", "changes:", "databaseChangeLog:", "-1", "99999999999999999999");

    private final Random random;
    private byte[] bytes;

    private Mutation(byte[] bytes, long seed) {
        this.bytes = bytes;
        random = new Random(seed);
    }

    /** The file after one to four mishaps. */
    static byte[] of(byte[] file, long seed) {
        Mutation mutation = new Mutation(file, seed);
        for (int i = mutation.random.nextInt(4); i >= 0; i--) {
            mutation.happen();
        }
        return mutation.bytes;
    }

    private void happen() {
        int from = at();
        int to = Math.min(bytes.length, from + 1 + random.nextInt(1 + random.nextInt(120)));
        switch (random.nextInt(10)) {
            case 0 -> replace(from, Math.min(bytes.length, from + 1), new byte[] {(byte) random.nextInt(256)});
            case 1 -> replace(from, to, new byte[0]);
            case 2 -> replace(from, from, slice(from, to));
            case 3 -> replace(from, bytes.length, new byte[0]);
            case 4 -> replace(at(), -1, slice(from, to));
            case 5 -> replaceLine(from, line -> "");
            case 6 -> replaceLine(from, line -> line + line);
            case 7 -> replaceLine(from, line -> random.nextBoolean() ? "  " + line : line.replaceFirst("^ {1,2}", ""));
            default -> replace(from, random.nextInt(4) == 0 ? to : from,
                    TOKENS.get(random.nextInt(TOKENS.size())).getBytes(StandardCharsets.UTF_8));
        }
    }

    private interface Edit {
        String of(String line);
    }

    private void replaceLine(int at, Edit edit) {
        int from = at;
        while (from > 0 && bytes[from - 1] != '\n') {
            from--;
        }
        int to = at;
        while (to < bytes.length && bytes[to++] != '\n') {
            // on to the line's end
        }
        String line = new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
        replace(from, to, edit.of(line).getBytes(StandardCharsets.ISO_8859_1));
    }

    private int at() {
        return random.nextInt(bytes.length + 1);
    }

    private byte[] slice(int from, int to) {
        byte[] slice = new byte[to - from];
        System.arraycopy(bytes, from, slice, 0, slice.length);
        return slice;
    }

    /** @param to -1 for the same as {@code from} */
    private void replace(int from, int to, byte[] replacement) {
        int end = to < 0 ? from : to;
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        result.write(bytes, 0, from);
        result.writeBytes(replacement);
        result.write(bytes, end, bytes.length - end);
        bytes = result.toByteArray();
    }
}
