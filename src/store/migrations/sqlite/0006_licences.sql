-- Who has access to which service, and what an institution is under the law.

ALTER TABLE institutions ADD COLUMN legal_form TEXT;

-- Access for an institution, for one group of its people, or for one class.
CREATE TABLE licences (
    id           TEXT NOT NULL PRIMARY KEY,
    service      TEXT NOT NULL,
    institution  TEXT NOT NULL REFERENCES institutions (number),
    actor_group  TEXT,
    class        TEXT,
    active_from  BIGINT,
    active_until BIGINT
);
CREATE INDEX licences_by_service ON licences (service, institution);

-- The classes that an affiliation is a member of, by the names that the institution uses.
CREATE TABLE class_members (
    actor TEXT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    class TEXT NOT NULL,
    PRIMARY KEY (actor, class)
);

-- The national eID's own name for the person behind a CPR number, by a keyed index alone: it
-- stays when the number changes.
CREATE TABLE cpr_uuids (
    uuid_index BLOB NOT NULL PRIMARY KEY,
    person     TEXT NOT NULL REFERENCES people (id)
);
CREATE INDEX cpr_uuids_by_person ON cpr_uuids (person);
