-- What people are told of their own profile, at its contact. Written in the transaction of the act it tells of.
CREATE TABLE notices (
    id          TEXT PRIMARY KEY,      -- a GUID; it is the mail's Message-ID too, so that a copy is known as one
    uuid        TEXT NOT NULL,
    kind        TEXT NOT NULL,         -- registered, linked, removed
    recipient   TEXT NOT NULL,         -- the contact as it was then
    news        TEXT NOT NULL,         -- the sentence they are told
    written_at  INTEGER NOT NULL,
    state       TEXT NOT NULL,         -- waiting, sent, given_up
    attempts    INTEGER NOT NULL,
    tried_since INTEGER,
    next_at     INTEGER NOT NULL,
    settled_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_waiting ON notices (next_at) WHERE state = 'waiting';
CREATE INDEX notices_given_up ON notices (written_at) WHERE state = 'given_up';
