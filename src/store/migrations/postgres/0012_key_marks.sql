-- Which keys what is kept here was made with, so that a lost or exchanged one is noticed. A mark
-- says whether a key is the same one and nothing else of it.
CREATE TABLE key_marks (
    purpose TEXT NOT NULL,
    mark    BYTEA NOT NULL,
    PRIMARY KEY (purpose, mark)
);
