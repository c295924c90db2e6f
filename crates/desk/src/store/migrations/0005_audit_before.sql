-- Audits that were here before the one that is written now, each under the name of its device: one that was found
-- damaged, or that somebody had to end. Rows are moved here as they are and are only ever added.
CREATE TABLE audit_before (
    device  TEXT NOT NULL,
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
) STRICT;

CREATE TRIGGER audit_before_is_never_changed BEFORE UPDATE ON audit_before
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_before_is_never_shortened BEFORE DELETE ON audit_before
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;

CREATE TABLE audit_receipt_before (
    device  TEXT NOT NULL,
    number  INTEGER NOT NULL,
    receipt TEXT NOT NULL,
    PRIMARY KEY (device, number)
) STRICT;

CREATE TRIGGER audit_receipt_before_is_never_changed BEFORE UPDATE ON audit_receipt_before
BEGIN SELECT RAISE(ABORT, 'receipts are only added to'); END;
CREATE TRIGGER audit_receipt_before_is_never_shortened BEFORE DELETE ON audit_receipt_before
BEGIN SELECT RAISE(ABORT, 'receipts are only added to'); END;
