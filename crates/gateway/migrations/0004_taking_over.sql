-- Who held which role at which organisation, as the issuer last gave it: whoever takes a registration over must be an
-- RA Manager where its author was at work. A role that is lost stays here until what was recorded in it is too old.
CREATE TABLE held_roles (
    uuid    TEXT NOT NULL,
    role    TEXT NOT NULL,
    ods     TEXT NOT NULL,
    name    TEXT NOT NULL,             -- the person's
    held    TEXT NOT NULL,             -- the role as the issuer gave it (JSON)
    is_held INTEGER NOT NULL,          -- 0: not among their roles when they last signed in
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (uuid, role)
) STRICT, WITHOUT ROWID;
INSERT OR REPLACE INTO held_roles (uuid, role, ods, name, held, is_held, seen_at)
SELECT s.uuid, json_extract(r.value, '$.role.id'), json_extract(r.value, '$.role.organisation.code'), s.name, r.value,
       s.signed_in_at = (SELECT max(signed_in_at) FROM sessions WHERE uuid = s.uuid), s.signed_in_at
FROM sessions s, json_each(s.roles) r
ORDER BY s.signed_in_at;

-- Who took over what stood under a key: their UUID, and what its author is told (JSON). Its outcome is `taken_over`.
ALTER TABLE submissions ADD COLUMN taken_over_by TEXT;
ALTER TABLE submissions ADD COLUMN taken_over TEXT;

-- Of a manager's own: the key it was taken over from, and for whom it was sent. A correction names the same.
ALTER TABLE submissions ADD COLUMN took_over TEXT;
ALTER TABLE submissions ADD COLUMN took_over_for TEXT;
