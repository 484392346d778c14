INSERT INTO verification_log (id, verification_id, created_at, answer_text, answer_hash, confidence_score, trust_label)
    VALUES (1, 'v-1', TIMESTAMP '2026-01-01 10:00:00', 'One.', 'h1', 0.5, 'medium');
INSERT INTO verification_log (id, verification_id, created_at, answer_text, answer_hash, confidence_score, trust_label)
    VALUES (2, 'v-2', TIMESTAMP '2026-01-02 10:00:00', 'Two.', 'h2', 0.9, 'high');
INSERT INTO source_fingerprints (id, source_id, source_hash, text, text_length, created_at)
    VALUES (1, 'BGB-1', 's1', 'Section 1', 9, TIMESTAMP '2026-01-01 10:00:00');
