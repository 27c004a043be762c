-- Services that asked for an adult's word without a browser and want to be called when there is an answer.
-- What they are told, and what proves to them that it is us, is sealed; each is told once.
CREATE TABLE backchannel_pings (
    approval TEXT  NOT NULL PRIMARY KEY REFERENCES approvals (id) ON DELETE CASCADE,
    payload  BYTEA NOT NULL
);
