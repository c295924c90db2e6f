//! What a run says in the end: a line a fault, and whether the promise holds.

use std::fmt::{Display, Formatter};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// What became of one fault.
#[derive(Serialize, Deserialize)]
pub struct Row {
    /// The fault, in a few words.
    pub fault: String,
    /// In how many cases it was made.
    pub cases: u64,
    /// Registrations that were said to be recorded and are gone.
    pub lost: u64,
    /// Registrations that stand twice.
    pub twice: u64,
    /// Everything else that must not be: a file or a chain that is not whole, something half written, a desk that
    /// does not start again, an answer that was believed and was not the gateway's.
    pub damaged: u64,
    /// What must come of it.
    pub promise: Promise,
    /// What a reader needs to know besides.
    pub note: String,
    took: Duration,
}

/// What must come of a case.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Promise {
    /// Nothing lost, nothing twice, nothing damaged.
    Holds,
    /// A control: with one safeguard taken away, something must be lost.
    MustLose,
    /// A control: with the safeguards taken away, something must stand twice.
    MustDouble,
    /// It cannot be tried on this machine.
    Skipped,
}

/// Counts up a row while its fault is being made.
pub struct Tally {
    row: Row,
    started: Instant,
    whole: bool,
}

impl Tally {
    /// Begins a fault.
    pub fn of(fault: impl Into<String>, promise: Promise) -> Self {
        let fault = fault.into();
        println!("-- {fault}");
        Self { whole: true, ..Self::part_of(fault, promise) }
    }

    /// Begins a part of a fault, to be added to the whole.
    pub fn part_of(fault: impl Into<String>, promise: Promise) -> Self {
        let fault = fault.into();
        let row =
            Row { fault, cases: 0, lost: 0, twice: 0, damaged: 0, promise, note: String::new(), took: Duration::ZERO };
        Self { row, started: Instant::now(), whole: false }
    }

    /// One more case was made.
    pub fn case(&mut self) {
        self.row.cases += 1;
    }

    /// How many were made so far.
    pub const fn cases(&self) -> u64 {
        self.row.cases
    }

    /// Whether nothing was lost, doubled or damaged so far.
    pub const fn is_clean(&self) -> bool {
        self.row.lost == 0 && self.row.twice == 0 && self.row.damaged == 0
    }

    /// So many are lost. Each is told at once, so that a run that is stopped has said it.
    pub fn lost(&mut self, how_many: usize, what: &str) {
        self.row.lost += how_many as u64;
        self.tell("LOST", how_many, what);
    }

    /// So many stand twice.
    pub fn twice(&mut self, how_many: usize, what: &str) {
        self.row.twice += how_many as u64;
        self.tell("TWICE", how_many, what);
    }

    /// Something is not as it must be.
    pub fn damaged(&mut self, what: &str) {
        self.row.damaged += 1;
        self.tell("DAMAGED", 1, what);
    }

    fn tell(&self, word: &str, how_many: usize, what: &str) {
        if how_many > 0 && self.row.promise == Promise::Holds {
            println!("   {word} {how_many} in case {} of {}: {what}", self.row.cases, self.row.fault);
        }
    }

    /// What somebody else counted of the same fault meanwhile.
    pub fn add(&mut self, other: Row) {
        self.row.cases += other.cases;
        self.row.lost += other.lost;
        self.row.twice += other.twice;
        self.row.damaged += other.damaged;
    }

    /// What a reader needs to know besides.
    pub fn note(&mut self, note: impl Into<String>) {
        self.row.note = note.into();
    }

    /// The row. It is told at once, and again in the table: a long run may not come to its end.
    pub fn close(mut self) -> Row {
        self.row.took = self.started.elapsed();
        if self.whole {
            println!("{}", self.row);
        }
        self.row
    }
}

impl Row {
    /// A fault that cannot be made here, and why.
    pub fn skipped(fault: &str, why: impl Into<String>) -> Self {
        let mut tally = Tally::of(fault, Promise::Skipped);
        tally.note(why);
        tally.close()
    }

    /// A room that came to no end of its own.
    pub fn broken(room: &str, why: &dyn std::fmt::Display) -> Self {
        let mut tally = Tally::of(room, Promise::Holds);
        tally.damaged(&why.to_string());
        tally.note(format!("not finished: {why}"));
        tally.close()
    }

    /// Whether it is as it must be.
    pub fn is_well(&self) -> bool {
        match self.promise {
            // A room that made no case has shown nothing.
            Promise::Holds => self.cases > 0 && (self.lost, self.twice, self.damaged) == (0, 0, 0),
            Promise::MustLose => self.lost > 0,
            Promise::MustDouble => self.twice > 0,
            Promise::Skipped => true,
        }
    }

    fn result(&self) -> &'static str {
        match (self.promise, self.is_well()) {
            (Promise::Skipped, _) => "SKIPPED",
            (Promise::Holds, true) => "holds",
            (Promise::Holds, false) => "BROKEN",
            (_, true) => "fails as it must",
            (_, false) => "A CONTROL THAT DOES NOT FAIL",
        }
    }
}

impl Display for Row {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { fault, cases, lost, twice, damaged, took, .. } = self;
        let (seconds, result) = (took.as_secs_f64(), self.result());
        write!(f, "{fault:<58} {cases:>7} {lost:>6} {twice:>6} {damaged:>8} {seconds:>8.1}  {result}")
    }
}

/// Prints the table and says whether all of it is as it must be. Where everything was to be tried, what was skipped
/// is not.
pub fn close(rows: &[Row], all: bool) -> bool {
    println!("\n{:<58} {:>7} {:>6} {:>6} {:>8} {:>8}  result", "fault", "cases", "lost", "twice", "damaged", "seconds");
    for row in rows {
        println!("{row}");
    }
    let notes: Vec<&Row> = rows.iter().filter(|row| !row.note.is_empty()).collect();
    if !notes.is_empty() {
        println!();
    }
    for row in notes {
        println!("{}: {}{}", row.fault, if row.promise == Promise::Skipped { "SKIPPED: " } else { "" }, row.note);
    }
    let skipped = rows.iter().filter(|row| row.promise == Promise::Skipped).count();
    let failed = rows.iter().filter(|row| !row.is_well()).count();
    println!("\nchecks: {} passed, {failed} failed, {skipped} skipped", rows.len() - failed - skipped);
    if all && skipped > 0 {
        println!("{skipped} of what was asked for by name cannot be tried on this machine");
    }
    failed == 0 && !rows.is_empty() && !(all && skipped > 0)
}
