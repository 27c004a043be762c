-- Employees whose workplace has asked for a new password on their behalf: who took the case in, and who
-- else made the code.
CREATE TABLE support_cases (
    id          TEXT   NOT NULL PRIMARY KEY,
    account     TEXT   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    institution TEXT   NOT NULL REFERENCES institutions (number),
    opened_by   TEXT   NOT NULL,
    opened_at   BIGINT NOT NULL,
    issued_by   TEXT,
    issued_at   BIGINT
);
CREATE INDEX support_cases_by_time ON support_cases (opened_at);
