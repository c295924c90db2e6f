-- How much waits, what may be sent and what waits to be confirmed is counted at each look at the outbox: from one index
-- that knows all of it, without reading rows. It takes the place of the two that knew parts of it, because each index
-- more is a page more to encrypt at each recording.
DROP INDEX submission_to_send;
DROP INDEX submission_of_author;
CREATE INDEX submission_of_author
ON submission (author, status, role, key, withdrawal_requested, is_taken_over, confirmed_in, recorded_in);
