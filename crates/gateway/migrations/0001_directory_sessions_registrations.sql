-- Times are milliseconds since 1970 (UTC). Care Identity UUIDs are text of 12 digits, request ids GUIDs as text.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The directory: what Care Identity Service knows of people. Filled from a file, never from a desk.
CREATE TABLE profiles (
    uuid           TEXT PRIMARY KEY,
    title          TEXT,
    given          TEXT NOT NULL,
    middle         TEXT,
    family         TEXT NOT NULL,
    birth_date     TEXT NOT NULL,
    status         TEXT NOT NULL,
    email          TEXT,
    nino_held      INTEGER NOT NULL,
    nino_digest    BLOB,               -- HMAC; the number itself is nowhere
    managed_in_esr INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX profiles_by_email ON profiles (email) WHERE email IS NOT NULL;
CREATE INDEX profiles_by_nino ON profiles (nino_digest) WHERE nino_digest IS NOT NULL;

CREATE TABLE positions (
    uuid TEXT NOT NULL REFERENCES profiles (uuid),
    rank INTEGER NOT NULL,
    ods  TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (uuid, rank)
) STRICT, WITHOUT ROWID;

-- Folded family names, with what else a search filters by, so that it reads only this until it knows who.
CREATE TABLE family_keys (
    key        TEXT NOT NULL,
    uuid       TEXT NOT NULL REFERENCES profiles (uuid),
    given      TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    PRIMARY KEY (key, uuid)
) STRICT, WITHOUT ROWID;
CREATE INDEX family_keys_by_uuid ON family_keys (uuid);

CREATE TABLE accounts (
    address TEXT PRIMARY KEY,
    state   TEXT NOT NULL,
    shared  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE authenticators (
    id         TEXT PRIMARY KEY,
    uuid       TEXT NOT NULL REFERENCES profiles (uuid),
    kind       TEXT NOT NULL,
    address    TEXT,
    added_at   INTEGER NOT NULL,
    added_by   TEXT,
    -- 'directory' or 'ra_desk': only the first kind follows the directory's file.
    source     TEXT NOT NULL,
    -- The state as the directory gives it; that of one of our own follows from its registration.
    state      TEXT NOT NULL,
    removed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX authenticators_by_profile ON authenticators (uuid);
-- The last line: whatever the checks before it miss, one account is active once.
CREATE UNIQUE INDEX one_account_once_a_profile ON authenticators (uuid, address)
    WHERE address IS NOT NULL AND removed_at IS NULL;
CREATE UNIQUE INDEX one_account_one_profile ON authenticators (address)
    WHERE address IS NOT NULL AND removed_at IS NULL;

-- Sessions of RA users. Tokens are kept as SHA-256 only.
CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    uuid         TEXT NOT NULL,
    name         TEXT NOT NULL,
    issuer_sub   TEXT NOT NULL,
    issuer_sid   TEXT,
    role         TEXT,
    roles        TEXT NOT NULL,
    signed_in_at INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL,
    ended_at     INTEGER,
    end_reason   TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_sid ON sessions (issuer_sid) WHERE issuer_sid IS NOT NULL;
CREATE INDEX sessions_by_sub ON sessions (issuer_sub);
CREATE INDEX sessions_by_end ON sessions (ends_at);

CREATE TABLE tokens (
    digest     BLOB PRIMARY KEY,
    session    TEXT NOT NULL REFERENCES sessions (id),
    kind       TEXT NOT NULL,
    generation INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_session ON tokens (session);

-- Logout tokens that were used, so that none is used twice.
CREATE TABLE logout_tokens (
    jti        TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE registrations (
    id              TEXT PRIMARY KEY,
    key             TEXT NOT NULL UNIQUE,
    uuid            TEXT NOT NULL,
    address         TEXT NOT NULL,
    authenticator   TEXT NOT NULL UNIQUE REFERENCES authenticators (id),
    author          TEXT NOT NULL,
    author_name     TEXT NOT NULL,
    author_role     TEXT NOT NULL,
    body            TEXT NOT NULL,
    warnings        TEXT NOT NULL,
    registered_at   INTEGER NOT NULL,
    state           TEXT NOT NULL,     -- waiting, linked, removed; expiry follows from the link
    link_serial     INTEGER NOT NULL,
    link_digest     BLOB NOT NULL UNIQUE,
    link_expires_at INTEGER NOT NULL,
    opened_at       INTEGER,
    signed_in_at    INTEGER,
    wrong_account   INTEGER NOT NULL,
    linked_at       INTEGER,
    expiry_told     INTEGER NOT NULL,
    changed         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX registrations_by_change ON registrations (author, changed);
CREATE INDEX registrations_waiting ON registrations (author, link_expires_at) WHERE state = 'waiting';

-- What became of each submission key. Kept at least a year.
CREATE TABLE submissions (
    key          TEXT PRIMARY KEY,
    fingerprint  BLOB,                 -- none where the key was withdrawn before anything was sent under it
    outcome      TEXT NOT NULL,        -- registered, refused, withdrawn
    registration TEXT,
    refusal      TEXT,
    detail       TEXT,
    author       TEXT NOT NULL,
    settled_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE removals (
    request       TEXT PRIMARY KEY,
    uuid          TEXT NOT NULL,
    authenticator TEXT NOT NULL,
    author        TEXT NOT NULL,
    removed_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Sign-ins at NHS.net Connect that a user's link has started and that have not come back yet.
CREATE TABLE link_sign_ins (
    state_digest  BLOB PRIMARY KEY,
    cookie_digest BLOB NOT NULL,
    registration  TEXT NOT NULL,
    link_serial   INTEGER NOT NULL,
    nonce         TEXT NOT NULL,
    verifier      TEXT NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who did what, on whom, when. Append-only, each row with the digest of the one before it. No names.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    role    TEXT NOT NULL,
    ods     TEXT NOT NULL,
    action  TEXT NOT NULL,
    whom    TEXT NOT NULL,
    request TEXT NOT NULL,
    result  TEXT NOT NULL,
    digest  BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_rows_stay BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END;
CREATE TRIGGER audit_rows_stand BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
