//! The Windows under test: what is run on it and what is read from it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::Error;
use crate::state::State;

/// What the installer writes for the program.
const DEFAULTS: &str = r"HKLM\Software\RADesk";
/// What Windows says of itself.
const WINDOWS: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
/// What belongs to Group Policy.
const POLICY: &str = r"HKLM\Software\Policies\RADesk";
const RUN: &str = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Run";
const EVENTS: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\RA Desk";
const UNINSTALL: &str = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall";
/// A made-up store of a user, who the installer knows nothing of.
const STORE: &str = r"C:\users\agent\AppData\Local\uk.ra-desk.desktop\store";
const STORED: &[u8] = b"two registrations wait here";

/// How long a program may take, and how often it is looked for.
const LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(20);

/// How a program ended.
pub struct Ended {
    pub status: ExitStatus,
    pub printed: String,
}

/// A computer.
pub struct Computer {
    runner: PathBuf,
    prefix: PathBuf,
}

impl Computer {
    pub fn new(runner: PathBuf, prefix: PathBuf) -> Self {
        Self { runner, prefix }
    }

    /// Runs a program and waits for it, but not for ever.
    ///
    /// What it prints goes through a file: the services that Wine starts beside it would hold a pipe open.
    pub fn run(&self, program: &str, words: &[&str]) -> Result<Ended, Error> {
        let printed = self.prefix.join("printed");
        let mut command = Command::new(&self.runner);
        command.arg(program).args(words).env("WINEPREFIX", &self.prefix);
        command.stdin(Stdio::null()).stdout(File::create(&printed)?).stderr(Stdio::null());
        let mut child = command.spawn()?;
        for _ in 0..LIMIT.as_millis() / PAUSE.as_millis() {
            if let Some(status) = child.try_wait()? {
                return Ok(Ended {
                    status,
                    printed: String::from_utf8_lossy(&std::fs::read(&printed)?).replace('\r', ""),
                });
            }
            std::thread::sleep(PAUSE);
        }
        child.kill()?;
        child.wait()?;
        Err(format!("{program} {} did not end within two minutes", words.join(" ")).into())
    }

    /// Runs the installer without a user interface. Its code is cut to eight bits on the way out of Wine.
    pub fn msiexec(&self, words: &[&str]) -> Result<i32, Error> {
        let mut all = words.to_vec();
        all.push("/qn");
        self.run("msiexec", &all)?.status.code().ok_or_else(|| "the installer was stopped".into())
    }

    /// A log of the installer: UTF-16 on Windows, and one byte a character from Wine.
    pub fn log(&self, windows: &str) -> Result<String, Error> {
        let bytes: Vec<u8> = std::fs::read(self.path(windows))?.into_iter().filter(|byte| *byte != 0).collect();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Lets it be another version of Windows.
    pub fn become_version(&self, version: &str) -> Result<(), Error> {
        let done = self.run("winecfg", &["-v", version])?;
        if done.status.success() { Ok(()) } else { Err(format!("Wine does not become {version}").into()) }
    }

    /// Lets it look to an installer as Windows 10 does: as 8.1, but for one number.
    pub fn become_windows_10(&self) -> Result<(), Error> {
        self.become_version("win81")?;
        self.set_value(WINDOWS, "CurrentMajorVersionNumber", "REG_DWORD", "10")
    }

    /// Lets it be Windows 8.1, which has no such number.
    pub fn become_windows_8_1(&self) -> Result<(), Error> {
        self.become_version("win81")?;
        let done = self.run("reg", &["delete", WINDOWS, "/v", "CurrentMajorVersionNumber", "/f", "/reg:64"])?;
        if done.status.success() { Ok(()) } else { Err("Windows 8.1 has the number of Windows 10".into()) }
    }

    /// Where a file of Windows lies on this machine.
    pub fn path(&self, windows: &str) -> PathBuf {
        let below = windows.trim_start_matches(r"C:\").replace('\\', "/");
        self.prefix.join("drive_c").join(below)
    }

    /// Values of a key, as name and type and data; none if there is no key.
    fn values(&self, key: &str) -> Result<BTreeMap<String, String>, Error> {
        let output = self.run("reg", &["query", key, "/reg:64"])?;
        Ok(output.printed.lines().filter_map(value).collect())
    }

    fn set_value(&self, key: &str, name: &str, kind: &str, data: &str) -> Result<(), Error> {
        let done = self.run("reg", &["add", key, "/v", name, "/t", kind, "/d", data, "/f", "/reg:64"])?;
        if done.status.success() { Ok(()) } else { Err(format!("{key} cannot be written").into()) }
    }

    /// A computer that has had work and a policy before any installer came.
    pub fn plant(&self) -> Result<(), Error> {
        self.set_value(POLICY, "Organisation", "REG_SZ", "Set by policy")?;
        self.set_value(POLICY, "IdleMinutes", "REG_DWORD", "10")?;
        self.set_value(POLICY, "LogLevel", "REG_SZ", "loud")?;
        let store = self.path(STORE);
        std::fs::create_dir_all(store.parent().ok_or("the store has no folder")?)?;
        std::fs::write(store, STORED)?;
        Ok(())
    }

    /// What is there now.
    pub fn observe(&self, code: i32) -> Result<State, Error> {
        let mut defaults = self.values(DEFAULTS)?;
        let folder = defaults.remove("InstallDir").map(|kind| kind.trim_start_matches("REG_SZ ").to_owned());
        defaults.remove("StartMenu");
        let mut files = Vec::new();
        for (shown, folder) in [
            ("", folder.clone().unwrap_or_else(|| r"C:\Program Files\RA Desk\".to_owned())),
            ("", r"C:\Program Files\RA Desk\".to_owned()),
            ("policy ", r"C:\windows\PolicyDefinitions".to_owned()),
            ("policy en-GB ", r"C:\windows\PolicyDefinitions\en-GB".to_owned()),
            ("policy en-US ", r"C:\windows\PolicyDefinitions\en-US".to_owned()),
        ] {
            let Ok(entries) = std::fs::read_dir(self.path(&folder)) else { continue };
            for entry in entries {
                let entry = entry?;
                if entry.path().is_file() {
                    files.push(format!("{shown}{}", entry.file_name().to_string_lossy()));
                }
            }
        }
        files.sort();
        files.dedup();
        Ok(State {
            code,
            versions: self.versions()?,
            folder,
            defaults: defaults.into_iter().map(|(name, data)| format!("{name} {data}")).collect(),
            kiosk_run: self.values(RUN)?.remove("RA Desk"),
            events: !self.values(EVENTS)?.is_empty(),
            files,
            // Wine puts a shortcut for everybody into one user's menu.
            shortcut: has_file(&self.prefix.join("drive_c"), "RA Desk.lnk", 9),
            policy: self.values(POLICY)?.into_iter().map(|(name, data)| format!("{name} {data}")).collect(),
            stored: std::fs::read(self.path(STORE)).is_ok_and(|bytes| bytes == STORED),
        })
    }

    /// The versions that *Installed apps* lists.
    fn versions(&self) -> Result<Vec<String>, Error> {
        let output = self.run("reg", &["query", UNINSTALL, "/s", "/reg:64"])?;
        let entries = output.printed.split("HKEY_LOCAL_MACHINE").filter(|entry| entry.contains("    RA Desk\n"));
        let version = |entry: &str| {
            let values: BTreeMap<_, _> = entry.lines().filter_map(value).collect();
            values.get("DisplayVersion").map(|shown| shown.trim_start_matches("REG_SZ ").to_owned())
        };
        Ok(entries.filter_map(version).collect())
    }

    /// Takes off all that a run may leave.
    pub fn clean(&self, packages: &Path) -> Result<(), Error> {
        self.become_windows_10()?;
        for package in ["1.msi", "2.msi", "3.msi", "3-again.msi", "3-signed.msi"] {
            self.msiexec(&["/x", &packages.join(package).to_string_lossy()])?;
        }
        for key in [POLICY, DEFAULTS, EVENTS] {
            self.run("reg", &["delete", key, "/f", "/reg:64"])?;
        }
        let log = self.path(r"C:\uninstall.log");
        if log.exists() {
            std::fs::remove_file(log)?;
        }
        self.run("reg", &["delete", RUN, "/v", "RA Desk", "/f", "/reg:64"])?;
        for folder in [r"C:\Program Files\RA Desk", r"C:\Apps", r"C:\users\agent", r"C:\windows\PolicyDefinitions"] {
            let folder = self.path(folder);
            if folder.exists() {
                std::fs::remove_dir_all(folder)?;
            }
        }
        Ok(())
    }
}

/// A line of `reg query` that holds a value: four spaces, name, four spaces, type, four spaces, data.
fn value(line: &str) -> Option<(String, String)> {
    let mut parts = line.trim_end().strip_prefix("    ")?.splitn(3, "    ");
    let (name, kind) = (parts.next()?, parts.next()?);
    kind.starts_with("REG_").then(|| (name.to_owned(), format!("{kind} {}", parts.next().unwrap_or_default())))
}

fn has_file(folder: &Path, name: &str, depth: u32) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let Ok(kind) = entry.file_type() else { return false };
        if kind.is_dir() { depth > 0 && has_file(&entry.path(), name, depth - 1) } else { entry.file_name() == name }
    })
}
