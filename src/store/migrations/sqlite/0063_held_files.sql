-- The file of a delivery that waits for somebody, sealed, for as long as an import of it is held.
CREATE TABLE held_files (
    digest  BLOB   NOT NULL PRIMARY KEY,
    sealed  BLOB   NOT NULL,
    kept_at BIGINT NOT NULL
);
