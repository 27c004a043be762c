-- What an affiliation is, more closely: its roles, how far a pupil has come and since when the
-- pupil is at that stage, and by which school's system it came (nothing: somebody wrote it here).
ALTER TABLE actors ADD COLUMN roles TEXT NOT NULL DEFAULT '';
ALTER TABLE actors ADD COLUMN level TEXT;
ALTER TABLE actors ADD COLUMN stage_since BIGINT;
ALTER TABLE actors ADD COLUMN source TEXT;
ALTER TABLE actors ADD COLUMN local_id TEXT;
