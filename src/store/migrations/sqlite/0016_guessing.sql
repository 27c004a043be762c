-- How tries at one thing go on: how many failed one after the other, and when the next is looked at.
ALTER TABLE attempts ADD COLUMN in_row BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN not_before BIGINT NOT NULL DEFAULT 0;

-- How much of something there was in each hour since 1970.
CREATE TABLE hours (
    what    TEXT   NOT NULL,
    hour    BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    PRIMARY KEY (what, hour)
);
