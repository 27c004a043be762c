-- Who may look after an institution's people, since when, given by whom, and how it ended.
CREATE TABLE administrators (
    id          TEXT   NOT NULL PRIMARY KEY,
    institution TEXT   NOT NULL REFERENCES institutions (number),
    account     TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    given_by    TEXT   NOT NULL,
    given_at    BIGINT NOT NULL,
    ended_by    TEXT,
    ended_at    BIGINT
);
CREATE UNIQUE INDEX administrators_now ON administrators (institution, account) WHERE ended_at IS NULL;
CREATE INDEX administrators_by_account ON administrators (account);

-- Accounts that an administrator has blocked: from the central login, or from every one.
CREATE TABLE account_blocks (
    account        TEXT    NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    institution    TEXT    NOT NULL,
    through_broker BOOLEAN NOT NULL,
    set_by         TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    set_at         BIGINT  NOT NULL
);

-- Codes for a first login that can be read until one of them is used: sealed, and good for one
-- version of the account's secret alone.
CREATE TABLE first_codes (
    account TEXT   NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    sealed  BLOB   NOT NULL
);

-- Which administrator wrote an affiliation by hand; nothing: a source, or those who run Portner.
ALTER TABLE actors ADD COLUMN added_by TEXT;
CREATE INDEX actors_by_institution ON actors (institution, actor_group);
