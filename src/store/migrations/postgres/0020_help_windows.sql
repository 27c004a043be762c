-- Windows in which a pupil may log in once by the user name alone, to get a new password: who opened
-- them, where that was, which picture is asked for elsewhere, and what became of them.
CREATE TABLE help_windows (
    id            TEXT    NOT NULL PRIMARY KEY,
    account       TEXT    NOT NULL REFERENCES accounts (id),
    institution   TEXT    NOT NULL,
    helper        TEXT    NOT NULL,
    helper_account TEXT   NOT NULL,
    helper_actor  TEXT    NOT NULL,
    whole_school  BOOLEAN NOT NULL,
    network       TEXT,
    picture       BIGINT  NOT NULL,
    among         TEXT    NOT NULL,
    opened_at     BIGINT  NOT NULL,
    closes_at     BIGINT  NOT NULL,
    refused       BIGINT  NOT NULL DEFAULT 0,
    cancelled_at  BIGINT,
    taken_by      BYTEA,
    taken_at      BIGINT,
    finished_at   BIGINT,
    undone_at     BIGINT
);
CREATE INDEX help_windows_by_account ON help_windows (account, opened_at);
CREATE INDEX help_windows_by_time ON help_windows (opened_at);
