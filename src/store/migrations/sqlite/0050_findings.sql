-- The values that the texts of a finding name, as JSON: whoever reads it is told in their own language.
-- Nothing: it was kept before, in the words of whoever delivered.
ALTER TABLE import_findings ADD COLUMN said TEXT;
