//! `cargo xtask test`: everything CI runs, in one command.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::machine::{Need, cargo, has_program, node_program, npm, page_packages, prepare, target_dir};
use crate::run::{Programs, build, build_page, virtual_display, walk};
use crate::stage::{Report, Tests, program};
use crate::{Failure, Outcome, failed, root};

const HELP: &str = "\
cargo xtask test [--yes] [--full] [STAGE ...]

Runs every stage below in this order, or only those named. Each has a time limit and prints its minutes;
one that fails does not stop the others, and the command then ends with 1.

  format     rustfmt finds nothing to change
  page       the page: lint, types, build, its own tests
  clippy     no warnings in any crate
  deny       licences, duplicate and banned dependencies, sources
  unit       unit and property tests of every crate, and the gateway's and sandbox's own
  types      the page's types are what Rust says they are
  fuzz       the corpus of tests/fuzz at what reads bytes from outside; with --full libFuzzer looks for more, for 8 s a
             target, or as long as RA_DESK_FUZZ_SECONDS says
  invariants the house's rules: who may depend on whom, where SQL stands, how long files are
  product    journeys: the real desk against the real gateway over TLS
  oidc       signing in: the modules of the conformance suites and the attacks beyond them, against a hostile OpenID
             provider and an independent one, module by module; RA_DESK_OIDC names some, by a part of their name
  faults     kill -9, power cuts, bad disks and bad networks at the real desk and gateway, and one table of what was
             lost, doubled or damaged; RA_DESK_SEED replays a run
  pages      every page in Chromium at three widths and in forced colours, with axe
  window     the real window through WebDriver, with axe on each page
  walk       the main job in the real window, online and offline, as `cargo xtask run` walks it
  shipped    the build that is shipped refuses what only practice may do
  windows    the crates' tests, the key store, and the installer's life on the Windows that Wine makes (Debian 12);
             where that cannot be had the stage is SKIPPED and said to be, and fails if it was asked for by name.
             With --full or by name around the program as it is shipped, else around one that is built faster

With --full or by name only, since what others know changes from one day to the next:
  advisories known faults of the crates (RustSec)
  npm-audit  known faults of the page's packages. Both ask a server that not every machine reaches; where none answers the
             stage is SKIPPED and said to be, and fails if it was asked for by name

  --yes      install missing system packages without asking
  --full     also the long runs: Windows with the shipped program, libFuzzer, and an hour or two of faults
";

type Work = fn(&Bench) -> Outcome<Tests>;

/// Every stage: name, limit in minutes, work.
const STAGES: &[(&str, u64, Work)] = &[
    ("format", 2, format),
    ("page", 15, page),
    ("clippy", 25, clippy),
    ("deny", 20, deny),
    ("unit", 30, unit),
    ("types", 20, types),
    ("fuzz", 20, fuzz),
    ("invariants", 10, invariants),
    ("product", 25, product),
    ("oidc", 10, oidc),
    ("faults", 15, faults),
    ("pages", 15, pages),
    ("window", 30, window),
    ("walk", 15, walk_through),
    ("shipped", 15, shipped),
    ("windows", 60, windows),
    ("advisories", 20, advisories),
    ("npm-audit", 5, npm_audit),
];

/// Stages that ask what others have found meanwhile: nothing of ours need change for them to fail.
const ONLY_ASKED_FOR: &[&str] = &["advisories", "npm-audit"];

/// What was asked for.
pub(crate) struct Options {
    yes: bool,
    full: bool,
    stages: Vec<String>,
}

impl Options {
    /// Reads the words behind `test`.
    pub(crate) fn read(words: &[String]) -> Outcome<Self> {
        let mut options = Self { yes: false, full: false, stages: Vec::new() };
        for word in words {
            match word.as_str() {
                "--yes" => options.yes = true,
                "--full" => options.full = true,
                "--help" | "-h" => return Err(Failure::Help(HELP)),
                stage if STAGES.iter().any(|(name, ..)| *name == stage) => options.stages.push(stage.to_owned()),
                other => return Err(Failure::Words(format!("test does not know '{other}'\n\n{HELP}"))),
            }
        }
        Ok(options)
    }
}

/// What the stages of one run share.
struct Bench {
    full: bool,
    /// Stages were asked for by name.
    named: bool,
    yes: bool,
    limit: Duration,
}

/// Runs the stages and says how they went.
pub(crate) fn test(options: &Options) -> Outcome {
    prepare(Need::Tests, options.yes)?;
    let mut reports = Vec::new();
    for (name, minutes, work) in STAGES {
        let is_wanted = match options.stages.as_slice() {
            [] => options.full || !ONLY_ASKED_FOR.contains(name),
            named => named.iter().any(|stage| stage == name),
        };
        if !is_wanted {
            continue;
        }
        println!("\n== {name} (at most {minutes} min)");
        let started = Instant::now();
        let outcome = work(&Bench {
            full: options.full,
            named: !options.stages.is_empty(),
            yes: options.yes,
            limit: Duration::from_secs(minutes * 60),
        });
        let took = started.elapsed();
        let mut skipped = None;
        let (tests, failure) = match outcome {
            // A program may end well though it says that a test failed; the count is believed.
            Ok(tests) if tests.failed > 0 => (tests, Some(format!("{} tests failed", tests.failed))),
            Ok(tests) => (tests, None),
            Err(Failure::Failed(why) | Failure::Words(why)) => (Tests::default(), Some(why)),
            // Asked for by name, it was to be done.
            Err(Failure::Skipped(why)) if options.stages.is_empty() => {
                skipped = Some(why);
                (Tests::default(), None)
            }
            Err(Failure::Skipped(why)) => (Tests::default(), Some(format!("cannot be done here: {why}"))),
            Err(Failure::Help(_)) => (Tests::default(), Some("asked for help".to_owned())),
        };
        let report = Report { name, took, tests, failure, skipped };
        println!("== {name}: {} after {:.1} min", report.word(), minutes_of(took));
        reports.push(report);
    }
    close(&reports)
}

fn close(reports: &[Report]) -> Outcome {
    println!("\n{:<12} {:>8} {:>8} {:>8}  result", "stage", "minutes", "tests", "ignored");
    for report in reports {
        println!(
            "{:<12} {:>8.1} {:>8} {:>8}  {}",
            report.name,
            minutes_of(report.took),
            report.tests.passed + report.tests.failed,
            report.tests.ignored,
            report.word(),
        );
    }
    let tests = reports.iter().fold(Tests::default(), |sum, report| sum.and(report.tests));
    let took: Duration = reports.iter().map(|report| report.took).sum();
    let broken: Vec<&str> = reports.iter().filter(|r| r.failure.is_some()).map(|r| r.name).collect();
    println!("{:<12} {:>8.1} {:>8} {:>8}", "all", minutes_of(took), tests.passed + tests.failed, tests.ignored);
    println!("\n{} passed, {} failed, {} skipped", tests.passed, tests.failed, tests.ignored);
    for report in reports.iter().filter(|report| report.skipped.is_some()) {
        println!("\n{}: {}\nNothing of this stage was tried.", report.name, report.word());
    }
    for report in reports {
        // Whoever reads the end of a long log sees what to look at.
        if let Some((_, lines)) = report.failure.as_ref().and_then(|why| why.split_once('\n')) {
            println!("\n{} said:\n{lines}", report.name);
        }
    }
    if broken.is_empty() { Ok(()) } else { failed(format!("these stages failed: {}", broken.join(", "))) }
}

fn minutes_of(time: Duration) -> f64 {
    time.as_secs_f64() / 60.0
}

fn format(bench: &Bench) -> Outcome<Tests> {
    let mut command = cargo();
    command.args(["fmt", "--all", "--check"]);
    program(command, bench.limit)
}

fn page(bench: &Bench) -> Outcome<Tests> {
    page_packages()?;
    let ui = root().join("ui");
    let mut lint = npm(&ui);
    lint.args(["run", "--silent", "lint"]);
    program(lint, bench.limit)?;
    build_page()?;
    let mut test = npm(&ui);
    test.args(["run", "--silent", "test"]);
    program(test, bench.limit)
}

fn clippy(bench: &Bench) -> Outcome<Tests> {
    build_page()?;
    let mut command = cargo();
    command.args(["clippy", "--workspace", "--all-targets", "--features", "ra-desk/practice", "--", "-D", "warnings"]);
    program(command, bench.limit)?;
    // And as it is shipped.
    let mut command = cargo();
    command.args(["clippy", "--package", "desk", "--package", "ra-desk", "--all-targets", "--", "-D", "warnings"]);
    program(command, bench.limit)
}

fn deny(bench: &Bench) -> Outcome<Tests> {
    let mut check = Command::new(crate::supply::cargo_deny(bench.limit)?);
    // Advisories, which need a database that is fetched from elsewhere, are a stage of their own.
    check.current_dir(root()).args(["check", "bans", "licenses", "sources"]);
    program(check, bench.limit)
}

fn advisories(bench: &Bench) -> Outcome<Tests> {
    crate::supply::crates(bench.limit)
}

fn npm_audit(_bench: &Bench) -> Outcome<Tests> {
    crate::supply::packages()
}

fn unit(bench: &Bench) -> Outcome<Tests> {
    let mut command = cargo();
    command.args(["test", "--workspace", "--exclude", "tests", "--exclude", "ra-desk", "--no-fail-fast"]);
    command.args(["--features", "desk/practice"]);
    let with_practice = program(command, bench.limit)?;
    // What the desk refuses without practice.
    let mut command = cargo();
    command.args(["test", "--package", "desk", "--lib"]);
    Ok(with_practice.and(program(command, bench.limit)?))
}

fn types(bench: &Bench) -> Outcome<Tests> {
    build_page()?;
    let mut command = cargo();
    command.args(["test", "--package", "ra-desk", "--features", "practice", "--no-fail-fast"]);
    program(command, bench.limit)
}

fn fuzz(bench: &Bench) -> Outcome<Tests> {
    build_page()?;
    let mut command = cargo();
    command.args(["test", "--package", "fuzz", "--features", "page"]);
    let replayed = program(command, bench.limit)?;
    Ok(if bench.full { replayed.and(crate::fuzz::look(bench.limit)?) } else { replayed })
}

fn invariants(bench: &Bench) -> Outcome<Tests> {
    let mut command = cargo();
    command.args(["test", "--package", "tests", "--test", "house"]);
    program(command, bench.limit)
}

fn product(bench: &Bench) -> Outcome<Tests> {
    let programs = build()?;
    let mut command = cargo();
    command.args(["test", "--package", "tests", "--test", "product", "--no-fail-fast"]);
    programs.name_in(&mut command);
    program(command, bench.limit)
}

fn oidc(bench: &Bench) -> Outcome<Tests> {
    let provider = node_program(&root().join("tests").join("oidc").join("provider"), "oidc", &["issuer.mjs"])?;
    let mut command = cargo();
    command.args(["test", "--package", "tests", "--test", "oidc"]).env("RA_DESK_OIDC_PROVIDER", provider);
    program(command, bench.limit)
}

fn faults(bench: &Bench) -> Outcome<Tests> {
    let mut command = cargo();
    command.args(["test", "--package", "tests", "--test", "faults"]);
    let mut limit = bench.limit;
    if bench.full {
        command.env("RA_DESK_TEST_FULL", "1");
        // Ten thousand kills, a thousand power cuts and a million random acts take their time, and less of it as what
        // is shipped is built.
        command.args(["--profile", "measure"]);
        limit *= 16;
    }
    program(command, limit)
}

fn pages(bench: &Bench) -> Outcome<Tests> {
    page_packages()?;
    let mut command = npm(&root().join("ui"));
    command.args(["run", "--silent", "pages"]);
    program(command, bench.limit)
}

fn window(bench: &Bench) -> Outcome<Tests> {
    needs_a_virtual_display()?;
    let programs = build()?;
    let mut command = test_on_a_virtual_display("window", bench.limit)?;
    programs.name_in(&mut command);
    program(command, bench.limit)
}

fn walk_through(bench: &Bench) -> Outcome<Tests> {
    needs_a_virtual_display()?;
    let programs = build()?;
    walk(&programs, 2000, bench.limit)
}

fn shipped(bench: &Bench) -> Outcome<Tests> {
    needs_a_virtual_display()?;
    let programs: Programs = build()?;
    build_page()?;
    let mut command = cargo();
    command.args(["build", "--package", "ra-desk"]);
    program(command, bench.limit)?;
    let mut command = test_on_a_virtual_display("shipped", bench.limit)?;
    command.env("RA_DESK_SHIPPED_BIN", target_dir().join("debug").join("ra-desk"));
    programs.name_in(&mut command);
    program(command, bench.limit)
}

fn windows(bench: &Bench) -> Outcome<Tests> {
    crate::windows::windows(bench.limit, bench.yes, bench.full || bench.named)
}

/// A test program of `tests`, built, and to be run serially on a virtual display.
fn test_on_a_virtual_display(name: &str, limit: Duration) -> Outcome<Command> {
    let mut build = cargo();
    build.args(["test", "--package", "tests", "--test", name, "--no-run"]);
    program(build, limit)?;
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let mut command = virtual_display(&cargo);
    command.env("CARGO_TARGET_DIR", target_dir());
    command.args(["test", "--package", "tests", "--test", name, "--no-fail-fast", "--", "--test-threads=1"]);
    Ok(command)
}

fn needs_a_virtual_display() -> Outcome {
    if has_program("xvfb-run") && has_program("WebKitWebDriver") {
        return Ok(());
    }
    failed("this stage needs xvfb-run and WebKitWebDriver, which this machine does not have")
}
