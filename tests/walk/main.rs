//! Walks the main job through the real window, online and offline, and leaves pictures of it.
//!
//! Sign in, choose a role, find somebody without an authenticator, register, finish as that person, sign in as
//! them; then without the network, with a flat battery in the middle, until exactly one registration exists.
#![expect(clippy::print_stdout, reason = "the walk tells its steps as it goes")]
#![expect(clippy::disallowed_methods, reason = "a walk lives in real time")]

mod offline;
mod online;
mod report;
mod stage;

use std::path::PathBuf;
use std::process::ExitCode;

use report::Report;
use stage::Stage;
use tests::Outcome;

const HELP: &str =
    "walk --out FOLDER [--people N]\n\nStarted by `cargo xtask run`, which builds what it walks through.";

#[tokio::main]
async fn main() -> ExitCode {
    let (out, people) = match read_words() {
        Ok(words) => words,
        Err(why) => {
            println!("walk: {why}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let mut report = match Report::begin(&out) {
        Ok(report) => report,
        Err(error) => {
            println!("walk: {} cannot be written: {error}", out.display());
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = walk(people, &mut report).await {
        report.broke_off(&error.to_string());
    }
    match report.close() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("walk: result.json cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn walk(people: u32, report: &mut Report) -> Outcome {
    let mut stage = Stage::set(people).await?;
    let walked = async {
        online::sign_in(&mut stage, report).await?;
        online::register(&mut stage, report).await?;
        online::wrong_account(&mut stage, report).await?;
        online::link(&mut stage, report).await?;
        online::proof(&mut stage, report).await?;
        offline::record(&mut stage, report).await?;
        offline::flat_battery(&mut stage, report).await?;
        offline::send(&mut stage, report).await?;
        online::sign_out(&mut stage, report).await?;
        stage.nothing_secret_crossed(report).await
    }
    .await;
    if walked.is_err() {
        stage.last_look(report).await;
    }
    stage.strike(report.folder()).await;
    walked
}

fn read_words() -> Result<(PathBuf, u32), String> {
    let mut words = std::env::args().skip(1);
    let (mut out, mut people) = (None, 2000);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--out" => out = words.next().map(PathBuf::from),
            "--people" => {
                people = words.next().and_then(|n| n.parse().ok()).ok_or("--people takes a number")?;
            }
            other => return Err(format!("'{other}' is not known")),
        }
    }
    out.map(|out| (out, people)).ok_or_else(|| "--out is missing".to_owned())
}
