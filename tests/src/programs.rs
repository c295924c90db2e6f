//! The built programs, and services that are stopped with everything they started.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::Outcome;

/// One of the built programs, as `cargo xtask` names it in the environment.
fn program(variable: &str) -> Outcome<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_file())
        .ok_or_else(|| format!("{variable} does not name a program: start the tests with `cargo xtask test`").into())
}

/// RA Desk.
pub fn desk() -> Outcome<PathBuf> {
    program("RA_DESK_BIN")
}

/// The gateway.
pub fn gateway() -> Outcome<PathBuf> {
    program("RA_GATEWAY_BIN")
}

/// The practice world.
pub fn sandbox() -> Outcome<PathBuf> {
    program("RA_SANDBOX_BIN")
}

/// A program that runs until this value goes.
pub struct Service {
    name: &'static str,
    child: Child,
    guard: Option<Child>,
}

impl Service {
    /// Starts it in a process group of its own; its errors go to `log`.
    pub fn start(name: &'static str, mut command: Command, log: &Path) -> Outcome<Self> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{name} could not be started: {error}"))?;
        Ok(Self::of(name, child))
    }

    /// Starts it and waits for a line that says it is ready.
    pub fn start_ready(name: &'static str, mut command: Command, log: &Path, ready: &'static str) -> Outcome<Self> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{name} could not be started: {error}"))?;
        let (say, said) = mpsc::channel();
        let stdout = child.stdout.take().ok_or("the program has no output")?;
        std::thread::spawn(move || {
            // Read to the end, so that the program never waits for a reader.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if line.contains(ready) {
                    let _ = say.send(());
                }
            }
        });
        let mut service = Self::of(name, child);
        let deadline = Instant::now() + Duration::from_secs(120);
        while said.recv_timeout(Duration::from_millis(50)).is_err() {
            if let Some(status) = service.child.try_wait()? {
                return Err(format!("{name} ended at once with {status}").into());
            }
            if Instant::now() > deadline {
                return Err(format!("{name} was not ready within two minutes").into());
            }
        }
        Ok(service)
    }

    /// A program that was started elsewhere, as the leader of its own process group.
    pub fn of(name: &'static str, child: Child) -> Self {
        let guard = guard(child.id()).ok();
        Self { name, child, guard }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_none())
    }

    /// Stops it as a service manager would, and tells how it ended.
    pub fn stop(mut self) -> Outcome<std::process::ExitStatus> {
        signal("-TERM", &self.child.id().to_string());
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("{} did not stop within 30 seconds", self.name).into())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        signal("-TERM", &group);
        let deadline = Instant::now() + Duration::from_secs(3);
        while Instant::now() < deadline && self.is_running() {
            std::thread::sleep(Duration::from_millis(20));
        }
        signal("-KILL", &group);
        let _ = self.child.wait();
        // Before it could take somebody else's group for this one.
        if let Some(mut guard) = self.guard.take() {
            let _ = guard.kill().and_then(|()| guard.wait());
        }
    }
}

/// Stops a group when this program has ended, however it ended: what a test program holds to its end is never dropped.
fn guard(group: u32) -> std::io::Result<Child> {
    // Its standard input closes with this program. The program `kill`: a shell's own may not know groups.
    let script = r#"read -r _; env kill -TERM -- "-$0"; sleep 3; env kill -KILL -- "-$0""#;
    let group = group.to_string();
    let mut command = Command::new("sh");
    command.args(["-c", script, &group]).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

/// Sends a signal to a process, or to a group when its number is negative.
pub fn signal(signal: &str, process: &str) {
    let _ = Command::new("kill").args([signal, "--", process]).stderr(Stdio::null()).status();
}
