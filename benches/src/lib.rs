//! RA Desk beside its peers, in figures: `cargo xtask bench outbox sync`.
//!
//! What is compared runs in turn, round by round, in one run, so that the disk's mood and the machine's load meet all
//! of it alike; what is told is the median of the rounds' ratios. Each program writes its figures as JSON and prints
//! them as a table, and fails when a budget is missed.
//!
//! Deliberately absent: absolute figures as budgets where a disk decides them.

#![expect(clippy::print_stdout, reason = "prints the table that it is for")]

mod contender;
mod made_up;
mod report;

pub use contender::{Contender, Disk, Preload, Round, cpu_of};
pub use made_up::{people, session};
pub use report::{Figure, Report, median};

/// What a bench gives back.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
