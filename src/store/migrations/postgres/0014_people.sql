-- What school systems tell of people, where it came from, and when it changed.

-- Goes up whenever an import changes something there: of two that began from the same state,
-- the second finds out.
ALTER TABLE institutions ADD COLUMN version BIGINT NOT NULL DEFAULT 0;

-- Which source says what the person is called; without one, whoever wrote them here.
ALTER TABLE people ADD COLUMN birth_date TEXT;
ALTER TABLE people ADD COLUMN number_kind TEXT;
ALTER TABLE people ADD COLUMN named_institution TEXT;
ALTER TABLE people ADD COLUMN named_source TEXT;

-- Numbers that stand in for a CPR number. The mark is keyed and bound to the person, so that it
-- shows whether the number changed and never that two people have the same.
CREATE TABLE replacement_numbers (
    person TEXT NOT NULL PRIMARY KEY REFERENCES people (id),
    sealed BYTEA NOT NULL,
    mark   BYTEA NOT NULL
);

-- Closed: nothing of the account is active any more; its names are kept until the grace is over.
ALTER TABLE accounts ADD COLUMN closed_at BIGINT;
CREATE INDEX accounts_by_close ON accounts (closed_at);

-- Names of accounts that are gone, by hash: never given to anybody again.
CREATE TABLE used_names (
    hash BYTEA NOT NULL PRIMARY KEY
);

-- When an affiliation began here, when its source stopped telling of it, and when somebody last
-- said that one without a source still holds. What a source calls somebody as a pupil's adult is
-- apart from what it calls them for themselves: the two are not one list in every system.
ALTER TABLE actors ADD COLUMN since BIGINT;
ALTER TABLE actors ADD COLUMN gone_at BIGINT;
ALTER TABLE actors ADD COLUMN kept_at BIGINT;
ALTER TABLE actors ADD COLUMN contact_id TEXT;
CREATE UNIQUE INDEX actors_by_local_id ON actors (institution, source, local_id);
CREATE UNIQUE INDEX actors_by_contact_id ON actors (institution, source, contact_id);

-- A source of nothing is an empty text: somebody wrote the group here.
CREATE TABLE school_groups (
    id           TEXT NOT NULL PRIMARY KEY,
    institution  TEXT NOT NULL REFERENCES institutions (number),
    source       TEXT NOT NULL,
    local_id     TEXT NOT NULL,
    name         TEXT NOT NULL,
    kind         TEXT NOT NULL,
    level        TEXT,
    line         TEXT,
    active_from  BIGINT,
    active_until BIGINT,
    gone_at      BIGINT
);
CREATE UNIQUE INDEX school_groups_by_local_id ON school_groups (institution, source, local_id);

CREATE TABLE memberships (
    actor        TEXT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    school_group TEXT NOT NULL REFERENCES school_groups (id),
    PRIMARY KEY (actor, school_group)
);
CREATE INDEX memberships_by_group ON memberships (school_group);

-- Classes were names beside an affiliation before they were groups.
INSERT INTO school_groups (id, institution, source, local_id, name, kind)
SELECT '00000000-0000-8000-8000-' || substr('000000000000', 1, 12 - length(CAST(n AS TEXT))) || CAST(n AS TEXT),
    institution, '', class, class, 'Hovedgruppe'
FROM (SELECT institution, class, ROW_NUMBER() OVER (ORDER BY institution, class) AS n
      FROM (SELECT DISTINCT r.institution, m.class
            FROM class_members m JOIN actors r ON r.id = m.actor) AS named) AS numbered;
INSERT INTO memberships (actor, school_group)
SELECT m.actor, g.id FROM class_members m
JOIN actors r ON r.id = m.actor
JOIN school_groups g ON g.institution = r.institution AND g.local_id = m.class;
DROP TABLE class_members;

CREATE TABLE contacts (
    pupil    TEXT    NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    adult    TEXT    NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    relation TEXT    NOT NULL,
    custody  BOOLEAN NOT NULL,
    PRIMARY KEY (pupil, adult)
);
CREATE INDEX contacts_by_adult ON contacts (adult);

-- What changed of whom, by which source; says what, never a number or what a name was.
CREATE TABLE people_history (
    id          TEXT   NOT NULL PRIMARY KEY,
    person      TEXT   NOT NULL,
    actor       TEXT,
    institution TEXT,
    source      TEXT,
    import      TEXT,
    at          BIGINT NOT NULL,
    what        TEXT   NOT NULL,
    detail      TEXT   NOT NULL
);
CREATE INDEX people_history_by_person ON people_history (person, at);
CREATE INDEX people_history_by_time ON people_history (at);

-- Each school system at each institution, and its latest import.
CREATE TABLE import_sources (
    institution TEXT   NOT NULL REFERENCES institutions (number),
    source      TEXT   NOT NULL,
    sent_at     BIGINT NOT NULL,
    import      TEXT   NOT NULL,
    applied_at  BIGINT NOT NULL,
    warned_at   BIGINT,
    PRIMARY KEY (institution, source)
);

CREATE TABLE imports (
    id           TEXT   NOT NULL PRIMARY KEY,
    institution  TEXT   NOT NULL,
    source       TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    sent_at      BIGINT NOT NULL,
    received_at  BIGINT NOT NULL,
    delivered_by TEXT   NOT NULL,
    way          TEXT   NOT NULL,
    digest       BYTEA   NOT NULL,
    state        TEXT   NOT NULL,
    counts       TEXT   NOT NULL,
    reasons      TEXT   NOT NULL,
    decided_at   BIGINT,
    decided_by   TEXT
);
CREATE INDEX imports_by_source ON imports (institution, source, received_at);
CREATE INDEX imports_by_time ON imports (received_at);

-- What was wrong with rows, by the source's own ids of people; never a number or a name.
CREATE TABLE import_findings (
    import   TEXT    NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
    place    BIGINT  NOT NULL,
    line     BIGINT,
    subject  TEXT,
    code     TEXT    NOT NULL,
    what     TEXT    NOT NULL,
    remedy   TEXT    NOT NULL,
    refused  BOOLEAN NOT NULL,
    PRIMARY KEY (import, place)
);
CREATE INDEX import_findings_by_subject ON import_findings (import, subject);

-- What an affiliation is found by: words of the name, the user name, the local id, each in bytes
-- so that both databases sort them alike.
CREATE TABLE search_words (
    institution TEXT NOT NULL,
    word        BYTEA NOT NULL,
    actor       TEXT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    PRIMARY KEY (institution, word, actor)
);
CREATE INDEX search_words_by_actor ON search_words (actor, word);
