-- The block of those who run the installation, apart from what a school's block of every login makes of an account.
ALTER TABLE accounts ADD COLUMN operators_block BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE accounts SET operators_block = TRUE WHERE blocked AND NOT EXISTS (SELECT 1 FROM account_blocks b
    WHERE b.account = accounts.id AND b.through_broker);
