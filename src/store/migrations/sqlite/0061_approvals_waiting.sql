-- Those who wait, and those for whom an adult vouches, are few among the questions of a week; every open desk
-- and board asks for them.
CREATE INDEX approvals_waiting ON approvals (closes_at) WHERE approved_at IS NULL AND ended_at IS NULL;
CREATE INDEX approvals_standing ON approvals (not_after) WHERE approved_at IS NOT NULL AND ended_at IS NULL;
