-- What its organisation calls a computer, when it last told what waits on it, and whether it was shut out.
ALTER TABLE devices ADD COLUMN name TEXT;
ALTER TABLE devices ADD COLUMN heard_at INTEGER;
ALTER TABLE devices ADD COLUMN revoked_at INTEGER;

-- What waits on each computer, as it last told: numbers, and whose they are. `oldest` is by the computer's clock.
CREATE TABLE device_waiting (
    device    TEXT NOT NULL REFERENCES devices (id),
    author    TEXT NOT NULL,
    role      TEXT NOT NULL,
    unsent    INTEGER NOT NULL,
    attention INTEGER NOT NULL,
    oldest    INTEGER,
    PRIMARY KEY (device, author, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_waiting_of_author ON device_waiting (author);

-- What was taken in from sealed copies, by whom at the gateway, and why.
CREATE TABLE sealed_imports (
    key         TEXT PRIMARY KEY,
    device      TEXT NOT NULL REFERENCES devices (id),
    author      TEXT NOT NULL,
    role        TEXT NOT NULL,
    outcome     TEXT NOT NULL,         -- registered, withdrawn, or the refusal's code
    operator    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    imported_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sealed_imports_of_device ON sealed_imports (device, author, role);
