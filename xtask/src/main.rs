//! The project's commands: `cargo xtask run`, `test`, `bench`, `types`, `msi`, `deb`.
//!
//! Only the standard library, so that it builds anywhere in seconds. Each command first puts onto the machine
//! what it needs and says so. Deliberately absent: anything that decides about the product; this room only starts
//! other programs, watches their time and counts what they report.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]
#![expect(clippy::disallowed_methods, reason = "measures how long the programs it starts take")]

mod bench;
mod deb;
mod fuzz;
mod machine;
mod policy;
mod run;
mod sbom;
mod stage;
mod supply;
mod test;
mod types;
mod windows;

use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
RA Desk's commands

  cargo xtask run      build RA Desk, start the practice world, open RA Desk against it;
                       without a display: walk the main job on a virtual one, pictures in target/walk
  cargo xtask test     everything CI runs: lints, unit tests, journeys, the real window, the walk
  cargo xtask bench    how fast RA Desk records and sends, beside its peers: outbox, sync
  cargo xtask msi      the Windows installer and what goes with it, into target/msi
  cargo xtask policy   write Group Policy's template and the tables of settings anew from their definitions
  cargo xtask deb      the Linux packages, into target/deb
  cargo xtask types    write ui/src/bridge/bindings.ts anew from the Rust types

Each has --help. Exit code 0: all well; 1: something failed, the last lines say what; 2: wrong words.
";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next();
    let rest: Vec<String> = words.collect();
    let outcome = match command.as_deref() {
        Some("run") => run::Options::read(&rest).and_then(|options| run::run(&options)),
        Some("test") => test::Options::read(&rest).and_then(|options| test::test(&options)),
        Some("bench") => bench::bench(&rest),
        Some("msi") => windows::MsiOptions::read(&rest).and_then(|options| windows::msi(&options)),
        Some("policy") => policy::policy(&rest),
        Some("deb") => deb::deb(&rest),
        Some("types") => types::types(&rest),
        Some("--help" | "-h" | "help") | None => Err(Failure::Help(HELP)),
        Some(other) => Err(Failure::Words(format!("there is no command '{other}'\n\n{HELP}"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Help(text)) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(Failure::Words(text)) => {
            eprintln!("xtask: {text}");
            ExitCode::from(2)
        }
        Err(Failure::Failed(text) | Failure::Skipped(text)) => {
            eprintln!("\nxtask: {text}");
            ExitCode::FAILURE
        }
    }
}

/// Why a command did not do its work.
pub(crate) enum Failure {
    /// Help was asked for.
    Help(&'static str),
    /// The words on the command line make no sense.
    Words(String),
    /// Something that was to be done failed.
    Failed(String),
    /// It cannot be done on this machine.
    Skipped(String),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What a step gives back.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Reads the words of a command that knows `--yes` alone: whether it stands there.
pub(crate) fn only_yes(command: &str, words: &[String], help: &'static str) -> Outcome<bool> {
    let mut yes = false;
    for word in words {
        match word.as_str() {
            "--yes" => yes = true,
            "--help" | "-h" => return Err(Failure::Help(help)),
            other => return Err(Failure::Words(format!("{command} does not know '{other}'\n\n{help}"))),
        }
    }
    Ok(yes)
}

/// Ends a command with a reason.
pub(crate) fn failed<T>(why: impl Into<String>) -> Outcome<T> {
    Err(Failure::Failed(why.into()))
}

/// The folder of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(PathBuf::from).unwrap_or(here)
}
