-- Pupils who wait for an adult to vouch for them, and what became of it: one row from the question to the
-- end. While approved, unended and before not_after it is evidence of the higher level, and nothing else is.
CREATE TABLE approvals (
    id               TEXT    NOT NULL PRIMARY KEY,
    person           TEXT    NOT NULL,
    account          TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    session          TEXT,
    service          TEXT    NOT NULL,
    network          TEXT,
    picture          BIGINT,
    message          TEXT,
    asked_at         BIGINT  NOT NULL,
    closes_at        BIGINT  NOT NULL,
    kind             TEXT,
    approver         TEXT,
    approver_account TEXT,
    approver_actor   TEXT,
    institution      TEXT,
    whole_school     BOOLEAN NOT NULL DEFAULT FALSE,
    services         TEXT    NOT NULL DEFAULT '',
    approved_at      BIGINT,
    not_after        BIGINT,
    ended_at         BIGINT,
    ended_why        TEXT,
    told_at          BIGINT
);
CREATE INDEX approvals_by_account ON approvals (account, closes_at);
CREATE INDEX approvals_by_session ON approvals (session);
CREATE INDEX approvals_by_end ON approvals (not_after);
CREATE INDEX approvals_by_approver ON approvals (approver_account, not_after);
CREATE INDEX approvals_by_time ON approvals (asked_at);

-- Which services were told of the level on the strength of an approval, and what was given out with it: they
-- hear of its end, and what they were given ends with it.
CREATE TABLE approval_uses (
    approval TEXT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    service  TEXT NOT NULL,
    family   TEXT NOT NULL,
    PRIMARY KEY (approval, service, family)
);
CREATE INDEX approval_uses_by_family ON approval_uses (family);
