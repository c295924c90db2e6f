//! What RA Desk says of itself: warnings to whoever started it in a terminal, and lines of JSON in files.
//!
//! Times are UTC. A line holds no name, address, number, token or search term: what has personal data prints `…`
//! (`contract`), and only RA Desk's own rooms say more than warnings. The files lie in `logs` in the data folder, for
//! this account alone.

mod rolling;

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use rolling::Rolling;
use settings::LogSettings;
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt, reload};

/// Where they lie in the data folder.
pub const FOLDER: &str = "logs";

/// The files, once it is known where they lie.
static FILES: OnceLock<Mutex<Rolling>> = OnceLock::new();
/// How much goes into the files.
static FILTER: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();

/// Begins to say things: warnings to standard error at once, the rest when [`keep`] says where.
pub fn start() {
    let (filter, handle) = reload::Layer::new(targets(Level::INFO));
    let files = fmt::layer().json().with_ansi(false).with_writer(|| ToFiles).with_filter(filter);
    let terminal = fmt::layer().with_ansi(false).with_writer(io::stderr).with_filter(LevelFilter::WARN);
    // Where somebody else listens already, as in a test, that stays.
    if tracing_subscriber::registry().with(files).with(terminal).try_init().is_ok() {
        // Set only here, once.
        _ = FILTER.set(handle);
    }
}

/// Keeps what is said from now on in a data folder.
pub fn keep(data_dir: &Path, wanted: &LogSettings) {
    let most_bytes = u64::from(wanted.megabytes) * 1024 * 1024;
    match Rolling::open(&data_dir.join(FOLDER), most_bytes, wanted.files) {
        Ok(files) => _ = FILES.set(Mutex::new(files)),
        // The kind alone: the whole error holds a path with an account's name in it.
        Err(error) => tracing::warn!(kind = %error.kind(), "nothing can be logged to files"),
    }
    if let Some(filter) = FILTER.get() {
        let level = wanted.level.parse().unwrap_or(Level::INFO);
        if filter.reload(targets(level)).is_err() {
            tracing::warn!("the level of the log stays as it is");
        }
    }
}

/// RA Desk's own rooms at a level; of everything else no more than warnings, whatever level is asked for: what other
/// libraries say below that may hold addresses and headers.
fn targets(level: Level) -> Targets {
    Targets::new().with_default(LevelFilter::from_level(level.min(Level::WARN))).with_targets([
        ("ra_desk_app", level),
        ("ra_desk", level),
        ("desk", level),
        ("settings", level),
    ])
}

/// Writes to the files that are there by then.
struct ToFiles;

impl Write for ToFiles {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match FILES.get() {
            Some(files) => files.lock().unwrap_or_else(PoisonError::into_inner).write(line),
            None => Ok(line.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_libraries_say_no_more_than_warnings() {
        for (asked, own, other) in [
            (Level::DEBUG, Level::DEBUG, Level::WARN),
            (Level::INFO, Level::INFO, Level::WARN),
            (Level::ERROR, Level::ERROR, Level::ERROR),
        ] {
            let targets = targets(asked);
            assert!(targets.would_enable("desk::sync", &own) && targets.would_enable("hyper", &other), "{asked}");
            assert!(!targets.would_enable("reqwest::connect", &Level::INFO), "{asked}");
        }
    }
}
