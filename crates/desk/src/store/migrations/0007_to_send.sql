-- What may be sent, and what waits to be confirmed: both are counted at each look at the outbox, without reading rows.
-- The last three columns say the same of each entry; SQLite would read the row for them otherwise.
CREATE INDEX submission_to_send
ON submission (author, role, confirmed_in, recorded_in, status, withdrawal_requested, is_taken_over)
WHERE status = 'ready_to_send' AND withdrawal_requested = 0 AND is_taken_over = 0;
