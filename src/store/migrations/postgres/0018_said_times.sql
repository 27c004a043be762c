-- Whether the upstream said when the user proved who they are; where it did not, authenticated_at
-- is when its answer came, and nothing is said about the proof being any younger than that.
ALTER TABLE sessions ADD COLUMN time_is_said BOOLEAN NOT NULL DEFAULT TRUE;
