-- Whether more waits on a computer than it told of, or than could be believed of what it told.
ALTER TABLE devices ADD COLUMN waiting_more INTEGER NOT NULL DEFAULT 0 CHECK (waiting_more IN (0, 1));
