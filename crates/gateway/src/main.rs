//! Starts a gateway from its configuration file and stops it when asked to; or does one act of an operator's.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use contract::{ComputerName, DeviceId};
use gateway::{Config, DeviceSeen, Import, ImportReport, Operator, SystemClock, Taken};
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
    /// Shut a computer out: it is answered no more, and its second copies are not taken in.
    RevokeDevice {
        /// The computer, a GUID.
        #[arg(value_name = "ID")]
        device: DeviceId,
        #[command(flatten)]
        by: By,
    },
    /// Let a computer in again that was shut out.
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
            gateway::list_devices(config, base).await?.iter().for_each(tell_device);
            Ok(ExitCode::SUCCESS)
        }
        Act::RevokeDevice { device, by } => {
            let changed =
                gateway::set_device_revoked(config, base, &SystemClock, *device, true, &operator(by)?).await?;
            tell(if changed { "the computer is shut out" } else { "the computer was shut out before" });
            Ok(ExitCode::SUCCESS)
        }
        Act::RestoreDevice { device, by } => {
            let changed =
                gateway::set_device_revoked(config, base, &SystemClock, *device, false, &operator(by)?).await?;
            tell(if changed { "the computer is let in again" } else { "the computer was not shut out" });
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn tell_device(seen: &DeviceSeen) {
    let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| "never".into(), |at| at.strftime("%F %TZ").to_string());
    let name = seen.name.as_ref().map_or("-", ComputerName::as_str);
    let mut line = format!("{}  {name}  heard of {}, {} waiting", seen.device, time(seen.heard_at), seen.unsent);
    if seen.oldest.is_some() {
        line += &format!(" since {}", time(seen.oldest));
    }
    if seen.revoked_at.is_some() {
        line += &format!(", SHUT OUT {}", time(seen.revoked_at));
    }
    tell(&line);
}

/// Says what came of each record by its key, and of all in numbers. No names.
fn tell_import(report: &ImportReport, wanted: &Import) -> ExitCode {
    for found in &report.found {
        let key = found.key.map_or_else(|| "-".into(), |key| key.to_string());
        tell(&format!("file {}  {key:<36}  {}", found.file, found.outcome.words()));
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
