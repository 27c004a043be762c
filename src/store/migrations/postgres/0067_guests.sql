-- Whom an administrator wrote in by hand while another owner's institution had them is a guest: the mark of
-- what waits to be confirmed says so, and nobody can confirm it.
UPDATE actors SET unconfirmed_since = COALESCE(since, 0)
WHERE added_by IS NOT NULL AND unconfirmed_since IS NULL AND gone_at IS NULL
AND EXISTS (SELECT 1 FROM accounts a JOIN accounts b ON b.person = a.person JOIN actors o ON o.account = b.id
    WHERE a.id = actors.account AND o.institution <> actors.institution AND o.gone_at IS NULL
    AND o.added_by IS NULL AND o.actor_group <> 'Kontaktperson');
