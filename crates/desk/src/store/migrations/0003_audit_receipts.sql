-- What the gateway gave its word for: up to which row it holds the audit. Rows are only ever added.
CREATE TABLE audit_receipt (
    -- The row of the audit it is for.
    number  INTEGER PRIMARY KEY NOT NULL,
    -- As the gateway gave it, JSON.
    receipt TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_receipt_is_never_changed BEFORE UPDATE ON audit_receipt
BEGIN SELECT RAISE(ABORT, 'receipts are only added to'); END;
CREATE TRIGGER audit_receipt_is_never_shortened BEFORE DELETE ON audit_receipt
BEGIN SELECT RAISE(ABORT, 'receipts are only added to'); END;
