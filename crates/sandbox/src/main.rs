//! `ra-sandbox`: makes a practice world and serves it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use gateway::SystemClock;
use sandbox::{Options, Ports};

/// The practice world of RA Desk: made-up people, a practice CIS2, a stand-in for NHS.net Connect sign-in.
#[derive(Parser)]
#[command(name = "ra-sandbox", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a practice folder: people, keys, certificate, and settings for gateway, sandbox and desk.
    ///
    /// Run again on the same folder with the same options it changes nothing; what is missing is made.
    Init {
        /// The folder.
        #[arg(long)]
        dir: PathBuf,
        /// How many people. The fixed ones (about 100) are always there.
        #[arg(long, default_value_t = 2_000)]
        people: usize,
        /// Same seed, same people.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// First port: +0 sandbox, +4 link page, +11 and +12 the desk's return, +43 gateway. 0 takes free ports.
        #[arg(long, default_value_t = 9_400)]
        port_base: u16,
        /// Name or address of this computer in the URLs: 127.0.0.1, ::1 or localhost.
        #[arg(long, default_value = "127.0.0.1")]
        host: String,
    },
    /// Serves a practice folder until it is stopped (Ctrl+C or SIGTERM).
    Serve {
        /// The folder.
        #[arg(long)]
        dir: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,sandbox=info")),
        )
        .init();
    let done = match Arguments::parse().command {
        Command::Init { dir, people, seed, port_base, host } => {
            let ports = if port_base == 0 { Ports::Free } else { Ports::Fixed(port_base) };
            init(&dir, Options { people, seed, ports, host })
        }
        Command::Serve { dir } => serve(&dir).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            #[expect(clippy::print_stderr, reason = "this is what the person who typed the command reads")]
            {
                eprintln!("ra-sandbox: {message}");
            }
            ExitCode::FAILURE
        }
    }
}

fn init(dir: &std::path::Path, options: Options) -> Result<(), String> {
    let layout = sandbox::init(dir, options).map_err(|error| error.to_string())?;
    say(&format!("practice world ready in {}", layout.dir.display()));
    say(&format!("  start page  {}", layout.sandbox_url));
    say(&format!("  issuer      {}", layout.issuer_url));
    say(&format!("  gateway     {}  (ra-gateway --config {})", layout.gateway_url, layout.gateway_config.display()));
    say(&format!("  desk        RA_DESK_SETTINGS={}", layout.desk_settings.display()));
    Ok(())
}

async fn serve(dir: &std::path::Path) -> Result<(), String> {
    let running = sandbox::start(dir, Arc::new(SystemClock)).await.map_err(|error| error.to_string())?;
    say(&format!("issuer ready at {}", running.issuer_url()));
    stop_asked().await;
    running.stop().await;
    Ok(())
}

#[cfg(unix)]
async fn stop_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn stop_asked() {
    let _ = tokio::signal::ctrl_c().await;
}

#[expect(clippy::print_stdout, reason = "what the person, or the program that started this, reads")]
fn say(line: &str) {
    println!("{line}");
}
