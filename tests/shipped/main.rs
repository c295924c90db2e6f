//! The build that is shipped refuses what only practice may do.
//!
//! Compared with the practice build, so that each check is seen to find what it looks for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tests::desktop::Desktop;
use tests::window::Window;
use tests::{Outcome, programs};

fn shipped() -> Outcome<PathBuf> {
    let path = std::env::var_os("RA_DESK_SHIPPED_BIN").map(PathBuf::from);
    path.filter(|path| path.is_file()).ok_or_else(|| "start this with `cargo xtask test shipped`".into())
}

fn holds(program: &Path, text: &str) -> Outcome<bool> {
    let bytes = std::fs::read(program)?;
    Ok(bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

#[test]
fn no_switch_of_practice_is_in_it() -> Outcome {
    for text in ["RA_DESK_SETTINGS", "RA_DESK_DATA_DIR", "RA_DESK_BROWSER_FILE"] {
        assert!(holds(&programs::desk()?, text)?, "the control: practice has {text}");
        assert!(!holds(&shipped()?, text)?, "the shipped build has {text}");
    }
    Ok(())
}

#[tokio::test]
async fn its_window_cannot_be_driven() -> Outcome {
    let home = tempfile::tempdir()?;
    let desktop = Desktop::start(home.path())?;
    let log = home.path().join("desk.log");
    let practice = Window::desk(&desktop, &programs::desk()?, &log, |_| ()).await?;
    practice.close().await?;
    let shipped = shipped()?;
    let opened = Window::desk(&desktop, &shipped, &log, |_| ());
    tokio::pin!(opened);
    let driven = tokio::time::timeout(Duration::from_secs(15), &mut opened).await;
    // Not because it fell over: it is running, and does not listen.
    assert!(is_running(&shipped)?, "the shipped build ended by itself");
    assert!(driven.is_err(), "the shipped build takes orders from WebDriver, or refused the driver itself");
    Ok(())
}

/// Whether a program runs somewhere on this computer.
fn is_running(program: &Path) -> Outcome<bool> {
    let program = program.canonicalize()?;
    let mut processes = std::fs::read_dir("/proc")?.filter_map(Result::ok);
    Ok(processes.any(|process| std::fs::read_link(process.path().join("exe")).is_ok_and(|exe| exe == program)))
}
