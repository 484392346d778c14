-- What Alembic writes for revision 001, its own table and row included.
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE verification_log (
    id SERIAL NOT NULL,
    verification_id VARCHAR(36) NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    answer_text TEXT NOT NULL,
    answer_hash VARCHAR(64) NOT NULL,
    answer_sentences INTEGER,
    has_citations BOOLEAN,
    citations JSON,
    source_count INTEGER,
    source_fingerprints JSON,
    verified_sentences INTEGER,
    verification_rate FLOAT,
    confidence_score FLOAT NOT NULL,
    trust_label VARCHAR(20) NOT NULL,
    semantic_similarity FLOAT,
    retrieval_quality FLOAT,
    citation_presence FLOAT,
    coverage FLOAT,
    retry_attempts INTEGER,
    extra_metadata JSON,
    is_valid BOOLEAN,
    invalidated_at TIMESTAMP WITHOUT TIME ZONE,
    duration_ms FLOAT,
    PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ix_verification_log_verification_id ON verification_log (verification_id);

CREATE INDEX ix_verification_log_confidence_score ON verification_log (confidence_score);

CREATE INDEX ix_verification_log_trust_label ON verification_log (trust_label);

CREATE INDEX ix_verification_log_is_valid ON verification_log (is_valid);

CREATE TABLE embedding_cache (
    id SERIAL NOT NULL,
    text_hash VARCHAR(64) NOT NULL,
    embedding JSON NOT NULL,
    embedding_dim INTEGER NOT NULL,
    model_name VARCHAR(100) NOT NULL,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    last_accessed TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    access_count INTEGER,
    PRIMARY KEY (id)
);

CREATE UNIQUE INDEX ix_embedding_cache_text_hash ON embedding_cache (text_hash);

CREATE TABLE source_fingerprints (
    id SERIAL NOT NULL,
    source_id VARCHAR(100) NOT NULL,
    source_hash VARCHAR(64) NOT NULL,
    text TEXT NOT NULL,
    text_length INTEGER NOT NULL,
    version INTEGER,
    created_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITHOUT TIME ZONE,
    extra_metadata JSON,
    PRIMARY KEY (id)
);

CREATE INDEX ix_source_fingerprints_source_id ON source_fingerprints (source_id);

CREATE UNIQUE INDEX ix_source_fingerprints_source_hash ON source_fingerprints (source_hash);

INSERT INTO alembic_version (version_num) VALUES ('001');
