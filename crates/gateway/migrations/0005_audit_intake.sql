-- How many rows of audits were taken in a day, by computer and by RA user: one that writes without end fills nobody's
-- disk. A day is counted from midnight UTC.
CREATE TABLE audit_intake (
    day  INTEGER NOT NULL,             -- days since 1970
    whom TEXT NOT NULL,                -- a device's GUID or a Care Identity UUID
    rows INTEGER NOT NULL,
    PRIMARY KEY (day, whom)
) STRICT, WITHOUT ROWID;

-- Audits that follow another one, as the first row of the later one says. Both stay.
CREATE TABLE audit_links (
    device   TEXT PRIMARY KEY REFERENCES devices (id),
    -- The device whose audit it follows, up to which row and with which hash, as its computer knows it.
    before   TEXT NOT NULL,
    number   INTEGER NOT NULL,
    hash     TEXT NOT NULL,
    -- damaged, vanished, restored, forked, broken, key_lost
    why      TEXT NOT NULL,
    -- Whether that is the row that is held here; none where no row of that number is.
    fits     INTEGER,
    sent_by  TEXT NOT NULL,
    found_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER audit_links_stand BEFORE UPDATE ON audit_links
BEGIN SELECT RAISE(ABORT, 'links are only added to'); END;
CREATE TRIGGER audit_links_stay BEFORE DELETE ON audit_links
BEGIN SELECT RAISE(ABORT, 'links are only added to'); END;
