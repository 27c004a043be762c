-- By what name an administrator wrote somebody in by hand: all that the institution sees of a guest. Before, it
-- saw the user name.
ALTER TABLE actors ADD COLUMN written_as TEXT;
UPDATE actors SET written_as = (SELECT a.user_name FROM accounts a WHERE a.id = actors.account)
WHERE added_by IS NOT NULL;
