-- What an upstream said that the user may do, and on behalf of whom, as JSON.
ALTER TABLE sessions ADD COLUMN privileges TEXT NOT NULL DEFAULT '[]';

-- Sealed values that are too long for a cookie, under a hash of the name that the cookie has.
CREATE TABLE parked (
    place      BLOB NOT NULL PRIMARY KEY,
    sealed     BLOB NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX parked_by_end ON parked (expires_at);
