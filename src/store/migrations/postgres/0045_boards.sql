-- What became of somebody's logins since a moment is asked for at every look at a classroom board.
CREATE INDEX audit_by_person_and_time ON audit (person, at);
DROP INDEX audit_by_person;
