-- The key a session's refresh token is bound to: its thumbprint. None: begun before there were such keys, not refreshed.
ALTER TABLE sessions ADD COLUMN proof_key BLOB;

-- When a refresh token was first used. It stays good until one that was made with it is used.
ALTER TABLE tokens ADD COLUMN used_at INTEGER;

-- Proofs that were used, so that none is used twice. Digests of the key's thumbprint and the proof's name.
CREATE TABLE proofs (
    digest     BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX proofs_by_end ON proofs (expires_at);
