//! libFuzzer around every target of `tests/fuzz`, for a short while each.
//!
//! No compiler but the stable one is needed: the workspace's own crates are built with coverage by a wrapper around it
//! (`tests/fuzz/rustc.sh`), everything else stays as it is built for the other stages.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::machine::{cargo, target_dir};
use crate::stage::{Tests, program};
use crate::{Outcome, failed, root};

/// How long each target runs, unless `RA_DESK_FUZZ_SECONDS` says otherwise.
const SECONDS: u64 = 8;
/// The longest that one input may take, in seconds.
const SLOWEST: u64 = 20;

/// Builds the engine and lets it look at each target. What it finds stays in `target/fuzz` beside its log.
pub(crate) fn look(limit: Duration) -> Outcome<Tests> {
    if !cfg!(target_os = "linux") {
        println!("libFuzzer is only run on Linux: the corpus was replayed, and nothing beyond it was looked for.");
        return Ok(Tests::default());
    }
    let seconds = std::env::var("RA_DESK_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let fuzz = root().join("tests").join("fuzz");
    let mut build = cargo();
    build.args(["build", "--package", "fuzz", "--bin", "fuzz", "--features", "engine,page"]);
    build.env("RUSTC_WORKSPACE_WRAPPER", fuzz.join("rustc.sh"));
    program(build, limit)?;
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(fuzz.join("corpus"))? {
        targets.push(entry?.file_name().to_string_lossy().into_owned());
    }
    targets.sort();
    println!("{:<16} {:>12} {:>9}", "target", "inputs", "branches");
    let (mut tests, mut broken) = (Tests::default(), Vec::new());
    for target in targets {
        match look_at(&fuzz, &target, seconds)? {
            Some((inputs, branches)) => {
                println!("{target:<16} {inputs:>12} {branches:>9}");
                tests.passed += 1;
            }
            None => {
                println!("{target:<16} {:>12}", "BROKEN");
                tests.failed += 1;
                broken.push(target);
            }
        }
    }
    if broken.is_empty() {
        return Ok(tests);
    }
    let found = target_dir().join("fuzz");
    failed(format!(
        "inputs were found that break {}: they and their logs are in {}",
        broken.join(", "),
        found.display()
    ))
}

/// One target: how many inputs it got and how much of our code they reached. None: one of them broke it.
fn look_at(fuzz: &Path, target: &str, seconds: u64) -> Outcome<Option<(u64, u64)>> {
    let folder = target_dir().join("fuzz").join(target);
    std::fs::create_dir_all(&folder)?;
    let log = target_dir().join("fuzz").join(format!("{target}.log"));
    let mut command = Command::new(target_dir().join("debug").join("fuzz"));
    command.env("RA_DESK_FUZZ", target).arg(format!("-max_total_time={seconds}")).arg(format!("-timeout={SLOWEST}"));
    command.args(["-rss_limit_mb=2048", "-print_final_stats=1"]);
    command.arg(format!("-dict={}", fuzz.join("words.dict").display()));
    command.arg(format!("-artifact_prefix={}/{target}-", target_dir().join("fuzz").display()));
    // What is found new goes to the first folder, and is where the next run begins.
    command.arg(&folder).arg(fuzz.join("corpus").join(target));
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?).status()?;
    let told = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
    if !status.success() {
        println!(
            "{}",
            told.lines().rev().take(30).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
        );
        return Ok(None);
    }
    let number = |before: &str| {
        let text = told.rsplit_once(before)?.1.trim_start();
        text.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u64>().ok()
    };
    match (number("number_of_executed_units:"), number(" cov:")) {
        // One that tried no more than its corpus has looked for nothing.
        (Some(inputs), Some(branches)) if inputs > 100 => Ok(Some((inputs, branches))),
        _ => failed(format!("{target} was not looked at; {} says why", log.display())),
    }
}
