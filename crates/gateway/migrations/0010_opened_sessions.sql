-- When a session was first used. One that never was is held by nobody: its answer was lost on the way to the desk.
ALTER TABLE sessions ADD COLUMN opened_at INTEGER;
UPDATE sessions SET opened_at = signed_in_at;
CREATE INDEX sessions_unopened ON sessions (signed_in_at) WHERE opened_at IS NULL;
