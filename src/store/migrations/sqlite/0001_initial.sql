-- Ids are UUIDs in text; moments are milliseconds since 1970. The PostgreSQL twin of
-- this file has BYTEA for BLOB and no WITHOUT ROWID or INTEGER key: what spares SQLite a
-- second tree for each key.

CREATE TABLE institutions (
    number TEXT NOT NULL PRIMARY KEY,
    name   TEXT NOT NULL,
    cvr    TEXT
);

CREATE TABLE people (
    id          TEXT    NOT NULL PRIMARY KEY,
    given_name  TEXT    NOT NULL,
    family_name TEXT    NOT NULL,
    protected   BOOLEAN NOT NULL
);

-- CPR numbers, apart from everything else: sealed, and findable by a keyed index alone.
CREATE TABLE cpr_vault (
    person    TEXT NOT NULL PRIMARY KEY REFERENCES people (id),
    sealed    BLOB NOT NULL,
    cpr_index BLOB NOT NULL
);
CREATE UNIQUE INDEX cpr_vault_by_index ON cpr_vault (cpr_index);

CREATE TABLE accounts (
    id             TEXT    NOT NULL PRIMARY KEY,
    person         TEXT    NOT NULL REFERENCES people (id),
    user_name      TEXT    NOT NULL,
    uni_id         TEXT    NOT NULL,
    cpr_identified BOOLEAN NOT NULL,
    blocked        BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX accounts_by_user_name ON accounts (user_name);
CREATE UNIQUE INDEX accounts_by_uni_id ON accounts (uni_id);
CREATE INDEX accounts_by_person ON accounts (person);

CREATE TABLE actors (
    id           TEXT NOT NULL PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES accounts (id),
    actor_group  TEXT NOT NULL,
    institution  TEXT NOT NULL REFERENCES institutions (number),
    active_from  BIGINT,
    active_until BIGINT
);
CREATE INDEX actors_by_account ON actors (account);

CREATE TABLE passwords (
    account    TEXT   NOT NULL PRIMARY KEY REFERENCES accounts (id),
    phc        TEXT   NOT NULL,
    changed_at BIGINT NOT NULL
);

-- How often something was tried within a window.
CREATE TABLE attempts (
    subject   BLOB   NOT NULL PRIMARY KEY,
    opened_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    tried     BIGINT NOT NULL
);
CREATE INDEX attempts_by_close ON attempts (closes_at);

CREATE TABLE sessions (
    id               TEXT   NOT NULL PRIMARY KEY,
    token            BLOB   NOT NULL,
    person           TEXT   NOT NULL,
    account          TEXT   NOT NULL,
    upstream         TEXT   NOT NULL,
    assurance        TEXT   NOT NULL,
    methods          TEXT   NOT NULL,
    authorities      TEXT   NOT NULL,
    authenticated_at BIGINT NOT NULL,
    last_used        BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    ended_at         BIGINT
) WITHOUT ROWID;
CREATE UNIQUE INDEX sessions_by_token ON sessions (token);
CREATE INDEX sessions_by_person ON sessions (person);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Which services took part in a session, and what they know it by.
CREATE TABLE participations (
    session       TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    service       TEXT   NOT NULL,
    subject       TEXT   NOT NULL,
    session_index TEXT   NOT NULL,
    since         BIGINT NOT NULL,
    PRIMARY KEY (session, service, subject, session_index)
) WITHOUT ROWID;
CREATE INDEX participations_by_subject ON participations (service, subject);

-- Handles that were given out: codes, tokens. The handle itself is known by its hash alone.
CREATE TABLE grants (
    handle      BLOB   NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    family      TEXT   NOT NULL,
    session     TEXT,
    bound_to    TEXT   NOT NULL,
    payload     BLOB   NOT NULL,
    issued_at   BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX grants_by_family ON grants (family);
CREATE INDEX grants_by_session ON grants (session);
CREATE INDEX grants_by_expiry ON grants (expires_at);

-- A family stays revoked even for members that are written a moment later.
CREATE TABLE revoked_families (
    family     TEXT   NOT NULL PRIMARY KEY,
    revoked_at BIGINT NOT NULL
);

-- What was seen and must not be taken again before it would have run out anyway.
CREATE TABLE replay (
    seen       BLOB   NOT NULL PRIMARY KEY,
    owner      BLOB   NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX replay_by_expiry ON replay (expires_at);

CREATE TABLE audit (
    sequence      INTEGER NOT NULL PRIMARY KEY,
    id            TEXT   NOT NULL,
    at            BIGINT NOT NULL,
    act           TEXT   NOT NULL,
    login         TEXT,
    service       TEXT,
    upstream      TEXT,
    person        TEXT,
    account       TEXT,
    client_prefix TEXT,
    details       TEXT   NOT NULL,
    hash          BLOB   NOT NULL
);
CREATE INDEX audit_by_id ON audit (id);
CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_person ON audit (person);

-- Both ends of the chain: the last row, and the row before the oldest that is still kept.
CREATE TABLE audit_ends (
    which    TEXT   NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash     BLOB   NOT NULL
);
INSERT INTO audit_ends (which, sequence, hash) VALUES ('head', 0, x''), ('tail', 0, x'');
