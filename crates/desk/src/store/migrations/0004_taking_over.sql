-- Who recorded it, by name, so that it can be said for whom it waits. Empty for what was recorded before this step.
ALTER TABLE submission ADD COLUMN author_name TEXT NOT NULL DEFAULT '';
-- An RA Manager took it over, and the gateway has not decided theirs yet.
ALTER TABLE submission ADD COLUMN is_taken_over INTEGER NOT NULL DEFAULT 0;
-- The key of the submission that took it over: only what becomes of that one settles it, or gives it back.
ALTER TABLE submission ADD COLUMN taken_over_as TEXT;
-- Who took it over, when and why, JSON.
ALTER TABLE submission ADD COLUMN taken_over TEXT;
-- What it was taken over from: its key, and its author's name and role, JSON.
ALTER TABLE submission ADD COLUMN takes_over TEXT;

-- Of a draft that corrects what was taken over: who checked the person, and what it was taken over from, JSON.
ALTER TABLE draft ADD COLUMN checked_by TEXT;
ALTER TABLE draft ADD COLUMN taken_over TEXT;
