-- How much waits, what may be sent, what waits to be confirmed and what is unfinished for a person is asked of one index
-- that knows all of it, without reading rows. It takes the place of the three that knew parts of it, because each index
-- more is a page more to encrypt at each recording. Drafts are few: they are looked through.
DROP INDEX submission_to_send;
DROP INDEX submission_of_person;
DROP INDEX submission_of_author;
CREATE INDEX submission_of_author
ON submission (author, status, role, key, withdrawal_requested, is_taken_over, confirmed_in, recorded_in, care_identity);
DROP INDEX draft_of_author;
