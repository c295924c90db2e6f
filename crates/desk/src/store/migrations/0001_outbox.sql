-- Times are microseconds since 1970. Everything in this file is sealed by its cipher.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE draft (
    id             TEXT PRIMARY KEY NOT NULL,
    author         TEXT NOT NULL,
    -- The session it was thrown away in; it can be restored in that session.
    discarded_in   TEXT,
    care_identity  TEXT NOT NULL,
    -- The profile as it was read, JSON.
    profile        TEXT NOT NULL,
    read_at        INTEGER NOT NULL,
    address        TEXT,
    address_reason TEXT,
    method         TEXT,
    documents      TEXT NOT NULL DEFAULT '[]',
    accepted_by    TEXT,
    checked_at     INTEGER,
    corrects       TEXT,
    updated_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX draft_of_author ON draft (author, updated_at);

CREATE TABLE submission (
    key                  TEXT PRIMARY KEY NOT NULL,
    care_identity        TEXT NOT NULL,
    -- The person as shown when it was recorded, JSON.
    profile              TEXT NOT NULL,
    profile_read_at      INTEGER NOT NULL,
    address              TEXT NOT NULL,
    -- The frozen bytes; sent unchanged at every attempt.
    body                 TEXT NOT NULL,
    author               TEXT NOT NULL,
    role                 TEXT NOT NULL,
    role_text            TEXT NOT NULL,
    recorded_in          TEXT NOT NULL,
    -- The later session in which its author said that they recorded it.
    confirmed_in         TEXT,
    recorded_at          INTEGER NOT NULL,
    status               TEXT NOT NULL CHECK (status IN ('ready_to_send', 'sending', 'waiting_for_them',
                         'link_expired', 'linked', 'needs_attention', 'withdrawn', 'removed')),
    attempts             INTEGER NOT NULL DEFAULT 0,
    unsettled            INTEGER NOT NULL DEFAULT 0,
    withdrawal_requested INTEGER NOT NULL DEFAULT 0,
    attention            TEXT,
    attention_detail     TEXT,
    registration         TEXT,
    registration_read_at INTEGER,
    replaces             TEXT,
    replaced_by          TEXT,
    updated_at           INTEGER NOT NULL
) STRICT;
CREATE INDEX submission_of_author ON submission (author, status, role, key);
CREATE INDEX submission_of_person ON submission (author, care_identity);
