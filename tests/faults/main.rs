//! Every fault that may cost a registration, made against the real desk and the real gateway, and what came of it in
//! one table: `cargo xtask test faults`.
//!
//! A registration that an RA user was told is recorded is registered exactly once in the end (I1); nothing is half
//! visible (I2); no key has two records (I3); and the audit's chain is whole after each fault (I7). Controls take a
//! safeguard away and must fail: a harness that cannot fail proves nothing.
//!
//! `RA_DESK_SEED` makes the same choices again, `RA_DESK_FAULTS` names rooms to run (`kill,power`), and
//! `RA_DESK_TEST_FULL` makes the long run.
//!
//! Deliberately absent: fakes. What a test of one crate can show faster stands there.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "prints the table that it is for")]
#![expect(clippy::disallowed_methods, reason = "faults come in real time")]

mod backlog;
mod calls;
mod child;
mod cold;
mod disk;
mod kills;
mod model;
mod network;
mod power;
mod recorder;
mod sealed;
mod seed;
mod sessions;
mod station;
mod table;
mod upgrades;

use std::pin::Pin;
use std::process::ExitCode;

use tests::Outcome;

use seed::Seed;
use table::Row;

/// What all rooms of one run know.
#[derive(Clone, Copy)]
pub struct Run {
    /// Where every random choice comes from.
    pub seed: Seed,
    /// Whether this is the long run.
    pub full: bool,
}

impl Run {
    fn asked_for() -> Outcome<Self> {
        Ok(Self { seed: Seed::of_run()?, full: std::env::var_os("RA_DESK_TEST_FULL").is_some() })
    }

    /// How many cases, in the short run and in the long one.
    pub const fn count(&self, short: u64, long: u64) -> u64 {
        if self.full { long } else { short }
    }
}

type Going<'a> = Pin<Box<dyn Future<Output = Outcome> + 'a>>;
/// Makes its faults and adds a row for each. What it found before it came to no end stays.
type Room = for<'a> fn(&'a Run, &'a mut Vec<Row>) -> Going<'a>;

/// The rooms, in the order in which they are run. Beside them, in a process of its own, is [`model`]: it works while these
/// mostly wait.
const ROOMS: &[(&str, Room)] = &[
    ("kill", |run, rows| Box::pin(std::future::ready(kills::run(run, rows)))),
    ("upgrade", |run, rows| Box::pin(upgrades::run(run, rows))),
    ("power", |run, rows| Box::pin(power::run(run, rows))),
    ("disk", |run, rows| Box::pin(calls::run(run, rows))),
    ("network", |run, rows| Box::pin(network::run(run, rows))),
    ("session", |run, rows| Box::pin(sessions::run(run, rows))),
    ("backlog", |run, rows| Box::pin(backlog::run(run, rows))),
];

#[tokio::main]
async fn main() -> ExitCode {
    disk::in_a_namespace_of_its_own();
    let outcome = match std::env::var(child::ROLE) {
        Ok(role) => in_role(&role).await.map(|()| true),
        Err(_) => everything().await,
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// This program as one of its own children.
async fn in_role(role: &str) -> Outcome {
    match role {
        kills::ROLE => kills::registrar().await,
        recorder::ROLE => recorder::recorder().await,
        upgrades::ROLE => upgrades::opener().await,
        power::ROLE => power::careless_writer(),
        model::ROLE => model::in_this_process(&Run::asked_for()?),
        other => Err(format!("no role is called {other}").into()),
    }
}

async fn everything() -> Outcome<bool> {
    let run = Run::asked_for()?;
    let asked = std::env::var("RA_DESK_FAULTS").unwrap_or_default();
    println!("seed {0} (RA_DESK_SEED={0} makes the same choices again)", run.seed);
    let is_asked = |name: &str| asked.is_empty() || asked.split(',').any(|asked| asked == name);
    let model = is_asked("model").then(|| model::begin(run.seed));
    let mut rows = Vec::new();
    for (name, room) in ROOMS.iter().filter(|(name, _)| is_asked(name)) {
        if let Err(error) = room(&run, &mut rows).await {
            rows.push(Row::broken(name, &error));
        }
    }
    if let Some(model) = model {
        rows.push(model.join().map_err(|_| "the model panicked")?);
    }
    println!("\nseed {}", run.seed);
    // What was asked for by name was to be tried.
    Ok(table::close(&rows, !asked.is_empty()))
}
