-- Signed messages of parties that are marked for it, each sealed to a public key whose other
-- half is not here, and chained like the audit trail.
CREATE TABLE evidence (
    sequence INTEGER NOT NULL PRIMARY KEY,
    id       TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    login    TEXT,
    party    TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    sealed   BLOB   NOT NULL,
    hash     BLOB   NOT NULL
);
CREATE INDEX evidence_by_time ON evidence (at);
CREATE INDEX evidence_by_login ON evidence (login);

-- Both ends of the chain: the last row, and the row before the oldest that is still kept.
CREATE TABLE evidence_ends (
    which    TEXT   NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash     BLOB   NOT NULL
);
INSERT INTO evidence_ends (which, sequence, hash) VALUES ('head', 0, x''), ('tail', 0, x'');
