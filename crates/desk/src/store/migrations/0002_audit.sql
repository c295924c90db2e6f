-- What was done, by whom, to whom: UUIDs and codes, no names. Rows are only ever added.
CREATE TABLE audit (
    number  INTEGER PRIMARY KEY NOT NULL,
    at      INTEGER NOT NULL,
    act     TEXT NOT NULL,
    actor   TEXT NOT NULL,
    role    TEXT NOT NULL,
    session TEXT NOT NULL,
    -- A Care Identity UUID, or empty.
    subject TEXT NOT NULL,
    -- A submission's key, or empty.
    key     TEXT NOT NULL,
    -- A code or a count, or empty.
    detail  TEXT NOT NULL,
    -- SHA-256 over the hash before and this row.
    hash    BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
