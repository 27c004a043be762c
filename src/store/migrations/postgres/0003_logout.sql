-- What logging out everywhere needs to know of a login. The kind of name that a SAML service
-- was given; empty for others.
ALTER TABLE participations ADD COLUMN name_format TEXT NOT NULL DEFAULT '';

-- Upstreams' own sessions behind ours: findable by keyed hashes of what upstreams call the
-- user and the session, readable by Portner alone.
CREATE TABLE upstream_sessions (
    session     TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    upstream    TEXT NOT NULL,
    subject_key BYTEA NOT NULL,
    index_key   BYTEA NOT NULL,
    sealed      BYTEA NOT NULL,
    PRIMARY KEY (session, upstream, subject_key, index_key)
);
CREATE INDEX upstream_sessions_by_subject ON upstream_sessions (subject_key);
CREATE INDEX upstream_sessions_by_index ON upstream_sessions (index_key);
