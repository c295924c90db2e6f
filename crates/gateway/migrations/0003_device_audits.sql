-- Computers with RA Desk, each named by its store, and the key it signs its audit with.
CREATE TABLE devices (
    id         TEXT PRIMARY KEY,
    public_key BLOB NOT NULL,
    -- Who was signed in on it when it was first heard of.
    first_user TEXT NOT NULL,
    first_seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Their audits, row by row as they were written there. `at` is in microseconds and by the computer's clock.
CREATE TABLE device_audit (
    device  TEXT NOT NULL REFERENCES devices (id),
    number  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    act     TEXT NOT NULL,
    actor   TEXT NOT NULL,
    role    TEXT NOT NULL,
    session TEXT NOT NULL,
    subject TEXT NOT NULL,
    key     TEXT NOT NULL,
    detail  TEXT NOT NULL,
    hash    BLOB NOT NULL,
    PRIMARY KEY (device, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER device_audit_rows_stand BEFORE UPDATE ON device_audit
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER device_audit_rows_stay BEFORE DELETE ON device_audit
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;

-- The heads that were countersigned, as the receipts that were given for them (JSON).
CREATE TABLE audit_receipts (
    device  TEXT NOT NULL REFERENCES devices (id),
    number  INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    PRIMARY KEY (device, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER audit_receipts_stand BEFORE UPDATE ON audit_receipts
BEGIN SELECT RAISE(ABORT, 'receipts are only added to'); END;
CREATE TRIGGER audit_receipts_stay BEFORE DELETE ON audit_receipts
BEGIN SELECT RAISE(ABORT, 'receipts are only added to'); END;

-- Evidence: a computer signed another story than the one that is held of it.
CREATE TABLE audit_forks (
    device   TEXT NOT NULL REFERENCES devices (id),
    -- The first row that differs, its hash here, and its hash there.
    number   INTEGER NOT NULL,
    held     BLOB NOT NULL,
    given    BLOB NOT NULL,
    -- The head as it was signed, and the row as it was given, if it was (JSON).
    head     TEXT NOT NULL,
    row      TEXT NOT NULL,
    sent_by  TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    PRIMARY KEY (device, number, given)
) STRICT, WITHOUT ROWID;
