-- What is known of a secret beside its hash: the rule that it was made under (nothing: nobody
-- knows), what it looks like, whether it was handed out for the first login alone and until when,
-- a number that grows with each change, and when its holder was last told that it runs out.
ALTER TABLE passwords ADD COLUMN made_under TEXT;
ALTER TABLE passwords ADD COLUMN form TEXT NOT NULL DEFAULT 'text';
ALTER TABLE passwords ADD COLUMN one_time BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE passwords ADD COLUMN expires_at BIGINT;
ALTER TABLE passwords ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE passwords ADD COLUMN told_at BIGINT;

-- The hashes that came before, so that none of the last ones comes again.
CREATE TABLE former_passwords (
    account    TEXT   NOT NULL REFERENCES accounts (id),
    version    BIGINT NOT NULL,
    phc        TEXT   NOT NULL,
    PRIMARY KEY (account, version)
);

-- Pupils for whom an administrator has set another rule than their stage's, by whom, why and when.
CREATE TABLE pupil_rules (
    account TEXT   NOT NULL PRIMARY KEY REFERENCES accounts (id),
    rule    TEXT   NOT NULL,
    set_by  TEXT   NOT NULL,
    reason  TEXT   NOT NULL,
    set_at  BIGINT NOT NULL
);
