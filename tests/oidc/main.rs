//! Signing in against issuers that mean no good: `cargo xtask test oidc`.
//!
//! The modules of the OpenID Foundation's suites for relying parties, the attacks of RFC 9700, 8252 and 9207, and the
//! rules of NHS CIS2 Authentication, each as a test by its own name: the real gateway and the real desk's sign-in, over
//! TLS, in front of a provider that misbehaves as the test says ([`hostile`]), and in front of one that RA Desk's
//! authors did not write ([`independent`]). Each that must fail ends in a named error, with nobody signed in, nothing
//! kept, and no use made of a bad token.
//!
//! `RA_DESK_OIDC` names modules to run, by a part of their name. `RA_DESK_WRITE_TYPES` writes the tables of
//! `docs/security.md`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "prints the table that it is for")]
#![expect(clippy::disallowed_methods, reason = "sign-ins come in real time, and the browser is a client of its own")]
#![expect(clippy::expect_used, reason = "a sign-in that should have failed and did not is a failed test")]

mod attacks;
mod basic;
mod between;
mod config;
mod fapi;
mod hostile;
mod independent;
mod listener;
mod logs;
mod nhs;
mod others;
mod page;
mod proofs;
mod serving;
mod signing;
mod stand;
mod table;

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use tests::Outcome;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use table::{Group, Module, Row, judge};

/// Every module, in the order of the page.
const GROUPS: &[Group] = &[
    basic::GROUP,
    config::CONFIG,
    config::REFRESH,
    fapi::GROUP,
    others::GROUP,
    others::LOGOUT,
    attacks::GROUP,
    listener::GROUP,
    proofs::GROUP,
    nhs::GROUP,
    independent::GROUP,
    logs::GROUP,
];

/// How many are run at once: each waits for others most of the time.
const AT_ONCE: usize = 4;

fn main() -> ExitCode {
    // The gateway believes the authorities of the computer; this names another file of them, and has to stand in the
    // environment before anything is started.
    if std::env::var_os(stand::TRUSTED).is_none_or(|path| !path.to_string_lossy().ends_with(OWN_AUTHORITY)) {
        return again().unwrap_or_else(|error| {
            eprintln!("{error}");
            ExitCode::FAILURE
        });
    }
    let run = || -> Outcome<bool> {
        // More threads than processors: what a module waits for in one of them may be another's to do.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build()?;
        logs::listen();
        // A line each: what failed is told in the table again.
        std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
        runtime.block_on(everything())
    };
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

const OWN_AUTHORITY: &str = "ra-desk-oidc-authority.pem";

/// This program once more, with an authority of its own.
fn again() -> Outcome<ExitCode> {
    let folder = tempfile::tempdir()?;
    let status = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(stand::TRUSTED, folder.path().join(OWN_AUTHORITY))
        .status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn everything() -> Outcome<bool> {
    stand::shared()?;
    let asked = std::env::var("RA_DESK_OIDC").unwrap_or_default();
    let wanted = |module: &Module| asked.is_empty() || asked.split(',').any(|part| module.name.contains(part));
    let started = Instant::now();
    let (mut rows, mut going) = (Vec::new(), JoinSet::new());
    let places = Arc::new(Semaphore::new(AT_ONCE));
    for (number, module) in GROUPS.iter().flat_map(|group| group.modules).filter(|module| wanted(module)).enumerate() {
        let places = Arc::clone(&places);
        let module = *module;
        going.spawn(async move {
            let _place = places.acquire_owned().await;
            (number, judge(module).await)
        });
    }
    while let Some(done) = going.join_next().await {
        rows.push(done?);
    }
    rows.sort_by_key(|(number, _)| *number);
    let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    let page = if asked.is_empty() { page::check(GROUPS) } else { Ok(()) };
    Ok(close(&rows, started, page))
}

/// Prints the table and says whether all of it is as it must be.
fn close(rows: &[Row], started: Instant, page: Outcome) -> bool {
    let widest = rows.iter().map(|row| row.name.len()).max().unwrap_or_default();
    println!();
    for row in rows {
        let result = row.failure.as_ref().map_or("passed", |_| "FAILED");
        println!("{:<widest$}  {result}  {:>5.1} s", row.name, row.took.as_secs_f64());
    }
    for row in rows {
        if let Some(why) = &row.failure {
            println!("\n{}: {why}", row.name);
        }
    }
    let failed = rows.iter().filter(|row| row.failure.is_some()).count();
    println!("\n{} modules in {:.0} s", rows.len(), started.elapsed().as_secs_f64());
    println!("checks: {} passed, {failed} failed, 0 skipped", rows.len() - failed);
    if let Err(error) = &page {
        println!("{error}");
    }
    failed == 0 && !rows.is_empty() && page.is_ok()
}
