//! Speed side by side: `cargo xtask bench outbox sync`.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::machine::{Need, cache_dir, cargo, has_program, node_program, prepare, target_dir};
use crate::stage::program;
use crate::{Failure, Outcome, failed, root};

const HELP: &str = "\
cargo xtask bench WHAT... [--yes]

  outbox   how fast RA Desk records: beside the disk itself, SQLite without RA Desk, and the durable queues
           persist-queue (Python), effectum (Rust) and plainjob (Node), round by round in one run
  sync     how fast 10,000 that wait are sent to a gateway over TLS: one by one, 16 at a time, in batches of 200

Figures go into target/bench/WHAT.json and onto the screen. A budget that is missed ends it with an error.
The peers are installed below the cache folder, from lists with exact versions (benches/peers).

  --yes    install missing system packages without asking
";

/// No bench takes longer.
const LIMIT: Duration = Duration::from_secs(3600);

/// Runs the benches that are named.
pub(crate) fn bench(words: &[String]) -> Outcome {
    let (mut yes, mut outbox, mut sync) = (false, false, false);
    for word in words {
        match word.as_str() {
            "--yes" => yes = true,
            "outbox" => outbox = true,
            "sync" => sync = true,
            "--help" | "-h" => return Err(Failure::Help(HELP)),
            other => return Err(Failure::Words(format!("bench does not know '{other}'\n\n{HELP}"))),
        }
    }
    if !outbox && !sync {
        return Err(Failure::Words(format!("bench what?\n\n{HELP}")));
    }
    prepare(Need::Build, yes)?;
    let peers = if outbox { peers()? } else { String::new() };
    let mut build = cargo();
    build.args(["build", "--profile", "measure", "--package", "benches"]);
    program(build, LIMIT)?;
    let mut missed = Vec::new();
    for (name, _) in [("outbox", outbox), ("sync", sync)].into_iter().filter(|(_, asked)| *asked) {
        println!("\n== bench {name}");
        // Before whatever else the machine does, where it lets us.
        let mut command = Command::new("nice");
        command.args(["-n", "-10"]).arg(target_dir().join("measure").join(format!("bench-{name}")));
        command.current_dir(root()).env("RA_DESK_PEERS", &peers);
        command.env("RA_DESK_BENCH_RESULTS", root().join("target").join("bench"));
        // On the disk that everything else is on: what is in memory has no disk to wait for.
        command.env("RA_DESK_BENCH_DISK", target_dir());
        if program(command, LIMIT).is_err() {
            missed.push(name);
        }
    }
    if missed.is_empty() { Ok(()) } else { failed(format!("budgets missed, or not finished: {}", missed.join(", "))) }
}

/// Installs the peers, and says how each is started: a line each, its name, its program and its words.
fn peers() -> Outcome<String> {
    let own = root().join("benches").join("peers");
    let cache = cache_dir().join("bench");
    std::fs::create_dir_all(&cache)?;

    let mut effectum = cargo();
    effectum.current_dir(&own).env("CARGO_TARGET_DIR", cache.join("effectum"));
    effectum.args(["build", "--release", "--locked"]);
    program(effectum, LIMIT)?;

    let python = cache.join("python");
    let requirements = own.join("python").join("requirements.txt");
    if !is_installed(&python, &requirements)? {
        if !has_program("python3") {
            return failed("this bench needs python3");
        }
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(&python);
        program(make, LIMIT)?;
        let mut install = Command::new(python.join("bin").join("pip"));
        install.args(["install", "--quiet", "--require-hashes", "--no-deps", "--requirement"]).arg(&requirements);
        program(install, LIMIT)?;
        installed(&python, &requirements)?;
    }

    let node = node_program(&own.join("node"), "bench/node", &["plainjob.mjs"])?;

    let lines = [
        ("effectum", vec![cache.join("effectum").join("release").join("peer-effectum")]),
        ("persist-queue", vec![python.join("bin").join("python"), own.join("python").join("persist_queue.py")]),
        ("plainjob made FULL", vec![PathBuf::from("node"), node.join("plainjob.mjs")]),
    ];
    let line = |(name, words): (&str, Vec<PathBuf>)| {
        let words: Vec<String> = words.iter().map(|word| word.display().to_string()).collect();
        format!("{name}|{}", words.join("|"))
    };
    Ok(lines.map(line).join("\n"))
}

/// Whether a folder was installed from this list.
fn is_installed(folder: &std::path::Path, list: &std::path::Path) -> Outcome<bool> {
    let wanted = std::fs::read(list)?;
    Ok(std::fs::read(folder.join(".installed-from")).is_ok_and(|installed| installed == wanted))
}

fn installed(folder: &std::path::Path, list: &std::path::Path) -> Outcome {
    std::fs::copy(list, folder.join(".installed-from"))?;
    Ok(())
}
