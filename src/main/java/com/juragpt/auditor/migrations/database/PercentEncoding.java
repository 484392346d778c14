package com.juragpt.auditor.migrations.database;

import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Percent-encoding as in URIs, strictly: what {@link java.net.URLDecoder} would silently replace is an error here. */
final class PercentEncoding {

    private PercentEncoding() {
    }

    /**
     * @param plusIsSpace pgjdbc reads a plus as a space, libpq keeps it
     * @throws CharacterCodingException if a % is not followed by two hexadecimal digits, or the bytes are not UTF-8
     */
    static String decode(String text, boolean plusIsSpace) throws CharacterCodingException {
        String spaced = plusIsSpace ? text.replace('+', ' ') : text;
        ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(spaced));
        ByteBuffer decoded = ByteBuffer.allocate(encoded.remaining());
        while (encoded.hasRemaining()) {
            byte next = encoded.get();
            decoded.put(next == '%' ? (byte) (hexDigit(encoded) << 4 | hexDigit(encoded)) : next);
        }
        return StandardCharsets.UTF_8.newDecoder().decode(decoded.flip()).toString();
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static int hexDigit(ByteBuffer bytes) throws CharacterCodingException {
        int digit = bytes.hasRemaining() ? Character.digit(bytes.get(), 16) : -1;
        if (digit < 0) {
            throw new CharacterCodingException();
        }
        return digit;
    }
}
