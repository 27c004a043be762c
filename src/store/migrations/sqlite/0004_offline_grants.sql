-- Refresh tokens that outlive their session (offline_access) say themselves whose login they
-- stand on and who vouched for it.

ALTER TABLE grants ADD COLUMN account TEXT;
ALTER TABLE grants ADD COLUMN upstream TEXT;
CREATE INDEX grants_by_account ON grants (account);
