//! Installs, upgrades, repairs and uninstalls RA Desk on the Windows that Wine makes, and looks at files and registry
//! after each step.
//!
//! A crate of its own so that it builds in seconds. Deliberately absent: the window, for which Wine has no web view.
#![expect(clippy::print_stdout, reason = "prints the table that it is for")]

mod computer;
mod doctor;
mod package;
mod state;
mod steps;

use std::path::PathBuf;
use std::process::ExitCode;

use computer::Computer;

const HELP: &str = "\
tests-windows PACKAGES RUNNER PREFIX VERSION PROFILE

PACKAGES  a folder with 1.msi, 2.msi and 3.msi (versions 0.1.0 to 0.3.0), 3-again.msi and 3-signed.msi
RUNNER    what runs a program of Windows
PREFIX    the folder that holds drive_c
VERSION   what ra-desk.exe says of itself
PROFILE   shipped or quick: how ra-desk.exe was compiled

Started by `cargo xtask test windows`, which builds all of these.";

/// What stops a run before it has judged.
type Error = Box<dyn std::error::Error>;

/// Prints a line for each thing checked and counts them.
struct Table {
    passed: u32,
    failed: u32,
}

impl Table {
    fn line(&mut self, name: &str, shown: &str, wrong: &[String]) {
        let word = if wrong.is_empty() { "ok" } else { "WRONG" };
        println!("{:>2}  {word:<5}  {name:<58}  {shown}", self.passed + self.failed + 1);
        for line in wrong {
            println!("             {line}");
        }
        if wrong.is_empty() { self.passed += 1 } else { self.failed += 1 }
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [packages, runner, prefix, version, profile] = words.as_slice() else {
        println!("{HELP}");
        return ExitCode::from(2);
    };
    let computer = Computer::new(PathBuf::from(runner), PathBuf::from(prefix));
    let mut table = Table { passed: 0, failed: 0 };
    let done = package::look(&PathBuf::from(packages).join("1.msi"), profile == "shipped", &mut table)
        .and_then(|()| steps::walk(&computer, &PathBuf::from(packages), version, &mut table));
    // The next run begins as this one did, whatever happened.
    let cleaned = computer.clean(&PathBuf::from(packages));
    println!("\nchecks: {} passed, {} failed", table.passed, table.failed);
    if let Err(error) = done.and(cleaned) {
        println!("tests-windows: {error}");
        return ExitCode::FAILURE;
    }
    if table.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
