-- An affiliation that a school's system has told of somebody who is active at another owner's
-- institution: since when, until somebody confirms it; and which administrator has vouched for it first.
ALTER TABLE actors ADD COLUMN unconfirmed_since BIGINT;
ALTER TABLE actors ADD COLUMN vouched_by TEXT;
