-- The file of the second copy in which a submission stands, and in which that it was taken back.
ALTER TABLE submission ADD COLUMN copied_in TEXT;
ALTER TABLE submission ADD COLUMN withdrawal_copied_in TEXT;
