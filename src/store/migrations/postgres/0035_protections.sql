-- Who says of whom that name and address are protected; of those who were written here by hand,
-- an institution and a source of nothing. Until now it was who said what they are called.
CREATE TABLE protections (
    person      TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    institution TEXT NOT NULL,
    source      TEXT NOT NULL,
    PRIMARY KEY (person, institution, source)
);
INSERT INTO protections (person, institution, source)
SELECT id, COALESCE(named_institution, ''), COALESCE(named_source, '') FROM people WHERE protected;

-- What was asked of an import beyond taking it in: what is held is confirmed as it was asked for.
ALTER TABLE imports ADD COLUMN takes_over TEXT;
ALTER TABLE imports ADD COLUMN reidentifies TEXT;
ALTER TABLE imports ADD COLUMN moves_in BOOLEAN NOT NULL DEFAULT FALSE;

-- In which file of a delivery of several the line is.
ALTER TABLE import_findings ADD COLUMN file TEXT;

-- When an affiliation that was written here was warned of its age.
ALTER TABLE actors ADD COLUMN warned_at BIGINT;
