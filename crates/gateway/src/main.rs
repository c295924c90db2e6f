//! Starts a gateway from its configuration file and stops it when asked to.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use gateway::{Config, SystemClock};
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
}

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
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell_failure(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::read(&arguments.config)?;
    let base = arguments.config.parent().unwrap_or(Path::new("."));
    let clock = Arc::new(SystemClock);
    if arguments.check {
        tell(&gateway::check(config, base, clock).await?);
        return Ok(());
    }
    let running = gateway::start(config, base, clock).await?;
    tell(&format!("listening on https://{}", running.api_addr()));
    asked_to_stop().await?;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
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
