//! Killed at random moments while it records and hears answers: what was said to be saved is there.
