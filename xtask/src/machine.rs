//! What the machine has and what it lacks.

use std::fs::File;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::{Outcome, failed, root};

/// To build RA Desk on Debian or Ubuntu.
const TO_BUILD: &[&str] =
    &["build-essential", "pkg-config", "libwebkit2gtk-4.1-dev", "libssl-dev", "ca-certificates", "git"];
/// To show RA Desk without a display, and to drive its window.
const TO_SHOW: &[&str] =
    &["xvfb", "xauth", "dbus", "gnome-keyring", "webkit2gtk-driver", "fonts-liberation", "openbox", "xdotool"];
/// To look at the pages in a second browser.
const TO_LOOK: &[&str] = &["chromium"];

/// The oldest Node the page builds with.
const NODE: u32 = 20;

/// The workspace's own packages.
const OWN_PACKAGES: &[&str] = &[
    "contract",
    "names",
    "settings",
    "desk",
    "gateway",
    "sandbox",
    "fuzz",
    "ra-desk",
    "tests",
    "tests-windows",
    "benches",
    "xtask",
];

/// What a command is going to do, and so what it needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Build and open a window on the display that is there.
    Build,
    /// Also a virtual display, a key store and a driver for the window.
    Virtual,
    /// All that the tests use.
    Tests,
}

/// Puts onto the machine what is missing, asking first unless told not to.
pub(crate) fn prepare(need: Need, yes: bool) -> Outcome {
    claim_target_dir()?;
    if cfg!(windows) {
        return prepare_windows();
    }
    let mut wanted: Vec<&str> = TO_BUILD.to_vec();
    if need != Need::Build {
        wanted.extend(TO_SHOW);
    }
    if need == Need::Tests && !has_program("chromium") {
        wanted.extend(TO_LOOK);
    }
    have_packages(&wanted, yes)?;
    check_node()
}

/// Installs those of the packages that are missing, asking first unless told not to.
pub(crate) fn have_packages(wanted: &[&str], yes: bool) -> Outcome {
    if !has_program("dpkg-query") {
        println!("This is neither Debian nor Ubuntu: RA Desk needs what these packages hold: {}", wanted.join(", "));
        return Ok(());
    }
    let missing: Vec<&str> = wanted.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() { Ok(()) } else { install(&missing, yes) }
}

fn prepare_windows() -> Outcome {
    check_node()?;
    // The runtime registers itself here, per machine or per user (Microsoft's WebView2 distribution guide).
    let key = r"SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}";
    let found = ["HKLM", "HKCU"].iter().any(|hive| {
        Command::new("reg")
            .args(["query", &format!(r"{hive}\{key}"), "/v", "pv"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    });
    if found {
        return Ok(());
    }
    failed(
        "The Microsoft Edge WebView2 Runtime is not on this computer.\n\
         Install the Evergreen Runtime from Microsoft (winget install Microsoft.EdgeWebView2Runtime), then try again.",
    )
}

fn check_node() -> Outcome {
    let version = Command::new("node").arg("--version").output();
    let major = version.ok().and_then(|output| {
        String::from_utf8_lossy(&output.stdout).trim().trim_start_matches('v').split('.').next()?.parse::<u32>().ok()
    });
    match major {
        Some(major) if major >= NODE => Ok(()),
        Some(major) => failed(format!("Node {major} is too old: RA Desk's page builds with Node {NODE} or newer.")),
        None => failed(format!("Node is not on this computer. Install Node {NODE} or newer (https://nodejs.org).")),
    }
}

fn install(missing: &[&str], yes: bool) -> Outcome {
    println!("This machine lacks: {}", missing.join(", "));
    let root = is_root();
    let may_install_unasked = yes || (root && !std::io::stdin().is_terminal());
    if !may_install_unasked && !asked("Install these with apt-get?")? {
        return failed("Nothing was installed. Install the packages above, or say --yes.");
    }
    apt(root, &["update"])?;
    let mut words = vec!["install", "-y", "--no-install-recommends"];
    words.extend(missing);
    apt(root, &words)
}

fn apt(root: bool, words: &[&str]) -> Outcome {
    println!("apt-get {}", words.join(" "));
    let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
    if !root {
        command.arg("apt-get");
    }
    let status =
        command.args(["-q", "-o", "Dpkg::Use-Pty=0"]).args(words).env("DEBIAN_FRONTEND", "noninteractive").status()?;
    if status.success() { Ok(()) } else { failed(format!("apt-get {} failed", words.join(" "))) }
}

fn asked(question: &str) -> Outcome<bool> {
    print!("{question} [Y/n] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "" | "y" | "Y" | "yes"))
}

fn is_installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["-W", "-f=${Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout.ends_with(b"ok installed"))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Whether a program is on the path.
pub(crate) fn has_program(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|paths| std::env::split_paths(&paths).any(|dir| dir.join(name).is_file()))
}

/// Whether there is a screen to show a window on.
pub(crate) fn has_display() -> bool {
    cfg!(windows)
        || cfg!(target_os = "macos")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Where builds go: `CARGO_TARGET_DIR` if set, else one folder under the home cache, shared by all checkouts.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| cache_dir().join("target"), PathBuf::from)
}

/// Takes the shared build folder for this checkout, for as long as this command runs.
///
/// Cargo knows a workspace's own crates by their place in the workspace, not on the disk, and judges by the age of
/// files: what another checkout built last could pass for this one's. So its own crates are built anew after a change
/// of checkout; everything from elsewhere stays built. A command of another checkout waits until this one has ended.
fn claim_target_dir() -> Outcome {
    /// Held until the process ends.
    static CLAIM: OnceLock<File> = OnceLock::new();
    let target = target_dir();
    std::fs::create_dir_all(&target)?;
    let mark = target.join(".ra-desk-checkout");
    let here = root().to_string_lossy().into_owned();
    let claim = File::options().create(true).truncate(false).write(true).open(target.join(".ra-desk-lock"))?;
    loop {
        claim.lock_shared()?;
        if std::fs::read_to_string(&mark).unwrap_or_default() == here {
            // Set once: each command prepares the machine once.
            let _ = CLAIM.set(claim);
            return Ok(());
        }
        claim.unlock()?;
        if claim.try_lock().is_err() {
            println!("Another checkout builds in {}: waiting for it.", target.display());
            claim.lock()?;
        }
        forget_own_crates(&target)?;
        std::fs::write(&mark, &here)?;
        claim.unlock()?;
    }
}

fn forget_own_crates(target: &Path) -> Outcome {
    for profile in
        ["debug", "release", "measure", "windows/x86_64-pc-windows-gnu/debug", "windows/x86_64-pc-windows-gnu/release"]
    {
        let Ok(prints) = std::fs::read_dir(target.join(profile).join(".fingerprint")) else { continue };
        for print in prints {
            let print = print?;
            let name = print.file_name().to_string_lossy().into_owned();
            // A fingerprint's name is the package's and a hash.
            if name.rsplit_once('-').is_some_and(|(package, _)| OWN_PACKAGES.contains(&package)) {
                std::fs::remove_dir_all(print.path())?;
            }
        }
    }
    Ok(())
}

/// Where tools and builds are kept between runs.
pub(crate) fn cache_dir() -> PathBuf {
    let home = if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" };
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| {
        let home = PathBuf::from(std::env::var_os(home)?);
        Some(if cfg!(windows) { home } else { home.join(".cache") })
    });
    base.map_or_else(|| root().join("target").join("cache"), |base| base.join("ra-desk"))
}

/// Where cargo keeps the sources of crates.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    set.or_else(|| {
        Some(PathBuf::from(std::env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" })?).join(".cargo"))
    })
}

/// Installs the page's packages when its lock file is not the one they were installed from.
pub(crate) fn page_packages() -> Outcome {
    let ui = root().join("ui");
    let lock = std::fs::read(ui.join("package-lock.json"))?;
    let stamp = ui.join("node_modules").join(".installed-from");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("npm ci (the page's packages)");
    let status = npm(&ui).args(["ci", "--no-fund", "--no-audit"]).status()?;
    if !status.success() {
        return failed("npm ci failed in ui/");
    }
    std::fs::write(stamp, lock)?;
    Ok(())
}

/// Installs a program for Node below the cache folder, when its lock file is not the one it was installed from: what
/// stands in `own`, and the packages it names. Gives the folder.
pub(crate) fn node_program(own: &Path, cache: &str, files: &[&str]) -> Outcome<PathBuf> {
    let folder = cache_dir().join(cache);
    std::fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"].iter().chain(files) {
        std::fs::copy(own.join(file), folder.join(file))?;
    }
    let (lock, stamp) = (std::fs::read(own.join("package-lock.json"))?, folder.join(".installed-from"));
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(folder);
    }
    println!("npm ci ({cache})");
    if !npm(&folder).args(["ci", "--no-fund", "--no-audit"]).status()?.success() {
        return failed(format!("npm ci failed in {}", folder.display()));
    }
    std::fs::write(stamp, lock)?;
    Ok(folder)
}

/// npm, to be run in a folder.
pub(crate) fn npm(folder: &Path) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(folder);
    command
}

/// cargo, building where all checkouts build.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).env("CARGO_TARGET_DIR", target_dir());
    command
}
