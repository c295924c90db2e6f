-- The session at the issuer that a logout token ended: a code that is still on its way from it begins none here.
ALTER TABLE logout_tokens ADD COLUMN sid TEXT;
