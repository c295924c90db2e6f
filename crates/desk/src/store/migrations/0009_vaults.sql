-- Each RA user's own vault on this computer: a key that only their session at the gateway gives (ADR 25). The key is
-- not here. Sealed values name their vault, so what is here can be made again from them.
CREATE TABLE vault (
    author      TEXT PRIMARY KEY NOT NULL,
    -- The vault's random name, by which the gateway makes its share of the key.
    vault       TEXT NOT NULL,
    -- What tells its key from another without telling it; empty where it is not known.
    check_value BLOB NOT NULL,
    -- When it was first opened here; 0 where it is not known.
    made_at     INTEGER NOT NULL,
    -- Whether all that was recorded before there were vaults is sealed by now.
    all_sealed  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- All that says whom a draft is about and what was answered, sealed, JSON. The columns it stands for are empty then.
ALTER TABLE draft ADD COLUMN sealed BLOB;

-- The same of a submission: what was recorded, what became of it at the gateway, and what more is known of a refusal.
ALTER TABLE submission ADD COLUMN sealed BLOB;
ALTER TABLE submission ADD COLUMN registration_sealed BLOB;
ALTER TABLE submission ADD COLUMN attention_sealed BLOB;

-- What a manager's submission stands for beside the one it was taken over from: keys, which others have to know who
-- cannot read its body.
UPDATE submission
SET takes_over = json_set(takes_over, '$.before',
    json((SELECT json_group_array(value ->> '$.key') FROM json_each(body, '$.taken_over.before'))))
WHERE takes_over IS NOT NULL AND json_valid(takes_over) AND json_valid(body)
    AND coalesce(json_array_length(body, '$.taken_over.before'), 0) > 0;
