//! Starts a gateway from its configuration file and stops it when asked to; or does one act of an operator's.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use contract::{ComputerName, DeviceId};
use gateway::{Changed, Config, DeviceSeen, Import, ImportReport, Operator, Standing, SystemClock, Taken};
use tracing_subscriber::EnvFilter;

/// The backend RA Desk talks to.
#[derive(Parser)]
#[command(name = "ra-gateway", version)]
struct Arguments {
    /// The configuration file; paths in it are relative to its folder.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Open everything, say whether it can be used, and end.
    #[arg(long)]
    check: bool,
    #[command(subcommand)]
    act: Option<Act>,
}

/// What an operator does beside a gateway that runs or not, as the gateway's own account.
#[derive(Subcommand)]
enum Act {
    /// Take in second copies of what was recorded on a computer that is lost. Ends with 3 if anything was left.
    ImportSealed {
        /// The files of the second copies.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        by: By,
        /// Say what would come of it, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Take in from computers that are shut out too.
        #[arg(long)]
        also_revoked: bool,
    },
    /// List the computers that are known, those heard of longest ago first.
    ListDevices,
    /// Shut a computer out: it is answered no more, and its second copies are not taken in. So are the names it was given
    /// after this one.
    RevokeDevice {
        /// The computer, a GUID.
        #[arg(value_name = "ID")]
        device: DeviceId,
        #[command(flatten)]
        by: By,
        /// Shut it out under this name alone.
        #[arg(long)]
        only_this: bool,
    },
    /// Let a computer in again that was shut out, under this name alone.
    RestoreDevice {
        /// The computer, a GUID.
        #[arg(value_name = "ID")]
        device: DeviceId,
        #[command(flatten)]
        by: By,
    },
}

/// Who does it, and why. Both stand in the audit.
#[derive(Args)]
struct By {
    /// Your own name or account, 1 to 60 characters.
    #[arg(long, value_name = "NAME")]
    operator: String,
    /// Why, 1 to 200 characters; no name of anybody who is registered.
    #[arg(long, value_name = "WORDS")]
    reason: String,
}

/// How it ends when something in a second copy was left.
const SOMETHING_LEFT: u8 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        // Fixed: at finer levels other crates write down headers and addresses.
        .with_env_filter(EnvFilter::new("warn,gateway=info,ra_gateway=info"))
        .init();
    match run(&arguments).await {
        Ok(code) => code,
        Err(error) => {
            tell_failure(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let config = Config::read(&arguments.config)?;
    let base = arguments.config.parent().unwrap_or(Path::new("."));
    let clock = Arc::new(SystemClock);
    if arguments.check {
        tell(&gateway::check(config, base, clock).await?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(act) = &arguments.act {
        return operate(act, config, base).await;
    }
    let running = gateway::start(config, base, clock).await?;
    tell(&format!("listening on https://{}", running.api_addr()));
    asked_to_stop().await?;
    tracing::info!("stopping");
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

async fn operate(act: &Act, config: Config, base: &Path) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let operator = |by: &By| Operator::new(&by.operator, &by.reason);
    match act {
        Act::ImportSealed { files, by, dry_run, also_revoked } => {
            let by = operator(by)?;
            let wanted = Import { files: files.clone(), by, dry_run: *dry_run, revoked_too: *also_revoked };
            Ok(tell_import(&gateway::import_sealed(config, base, &SystemClock, &wanted).await?, &wanted))
        }
        Act::ListDevices => {
            let devices = gateway::list_devices(config, base).await?;
            devices.iter().for_each(|seen| tell_device(seen, &devices));
            Ok(ExitCode::SUCCESS)
        }
        Act::RevokeDevice { device, by, only_this } => {
            let standing = if *only_this { Standing::ShutOutOnlyThis } else { Standing::ShutOut };
            let changed = gateway::set_standing(config, base, &SystemClock, *device, standing, &operator(by)?).await?;
            tell(if changed.this { "the computer is shut out" } else { "the computer was shut out before" });
            tell_names(&changed);
            Ok(ExitCode::SUCCESS)
        }
        Act::RestoreDevice { device, by } => {
            let standing = Standing::LetIn;
            let changed = gateway::set_standing(config, base, &SystemClock, *device, standing, &operator(by)?).await?;
            tell(if changed.this { "the computer is let in again" } else { "the computer was not shut out" });
            tell_names(&changed);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Says which other names a computer has.
fn tell_names(changed: &Changed) {
    let names = changed.earlier.iter().map(|name| ("had this name before", name));
    for (words, (device, is_shut_out)) in names.chain(changed.later.iter().map(|name| ("has this name since", name))) {
        let standing = if *is_shut_out { "SHUT OUT" } else { "NOT shut out" };
        tell(&format!("it {words}: {device}  {standing}"));
    }
}

fn tell_device(seen: &DeviceSeen, all: &[DeviceSeen]) {
    let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| "never".into(), |at| at.strftime("%F %TZ").to_string());
    let name = seen.name.as_ref().map_or("-", ComputerName::as_str);
    let mut line = format!("{}  {name}  heard of {}, {} waiting", seen.device, time(seen.heard_at), seen.unsent);
    if seen.oldest.is_some() {
        line += &format!(" since {}", time(seen.oldest));
    }
    if seen.revoked_at.is_some() {
        line += &format!(", SHUT OUT {}", time(seen.revoked_at));
    }
    if let Some(before) = seen.follows {
        line += &format!(", was {before}");
    }
    for later in all.iter().filter(|other| other.follows == Some(seen.device)) {
        line += &format!(", now {}", later.device);
    }
    tell(&line);
}

/// Says what came of each record by its key, and of all in numbers. No names.
fn tell_import(report: &ImportReport, wanted: &Import) -> ExitCode {
    for found in &report.found {
        let key = found.key.map_or_else(|| "-".into(), |key| key.to_string());
        let pieces = if found.pieces > 1 { format!(" ({} pieces)", found.pieces) } else { String::new() };
        tell(&format!("file {}  {key:<36}  {}{pieces}", found.file, found.outcome.words()));
    }
    let count = |outcome: fn(Taken) -> bool| report.count(outcome);
    let left = count(Taken::is_left);
    tell(&format!(
        "{}{} registered, {} registered before, {} taken back, {} taken over, {} refused, {left} left",
        if wanted.dry_run { "NOTHING WAS CHANGED. It would be: " } else { "" },
        count(|taken| taken == Taken::Registered),
        count(|taken| taken == Taken::RegisteredBefore),
        count(|taken| taken == Taken::Withdrawn),
        count(|taken| taken == Taken::TakenOver),
        count(|taken| matches!(taken, Taken::Refused(_))),
    ));
    if left > 0 { ExitCode::from(SOMETHING_LEFT) } else { ExitCode::SUCCESS }
}

#[cfg(unix)]
async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

#[expect(clippy::print_stdout, reason = "whoever started it waits for this line")]
fn tell(words: &str) {
    println!("{words}");
}

#[expect(clippy::print_stderr, reason = "whoever started it is told why it did not work")]
fn tell_failure(error: &dyn std::error::Error) {
    eprintln!("ra-gateway: {error}");
}
