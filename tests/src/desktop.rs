//! A desktop session of its own: a message bus, an unlocked key store, a home nobody else uses.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::programs::Service;

/// What protects the key store of a test's session.
const PASSWORD: &str = "practice\n";

/// A message bus with a Secret Service on it.
pub struct Desktop {
    home: PathBuf,
    address: String,
    // Stopped in this order.
    _key_store: Option<Service>,
    _bus: Service,
}

impl Desktop {
    /// Starts a bus and a key store that keeps its secrets under `home`.
    pub fn start(home: &Path) -> Outcome<Self> {
        let mut desktop = Self::without_key_store(home)?;
        let mut command = desktop.command(Path::new("gnome-keyring-daemon"));
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        let log = std::fs::File::create(home.join("key-store.log"))?;
        let mut child = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("gnome-keyring-daemon could not be started: {error}"))?;
        child.stdin.take().ok_or("the key store takes no password")?.write_all(PASSWORD.as_bytes())?;
        desktop._key_store = Some(Service::of("the key store", child));
        desktop.wait_for("org.freedesktop.secrets")?;
        Ok(desktop)
    }

    /// Starts only a bus: a computer without a key store.
    pub fn without_key_store(home: &Path) -> Outcome<Self> {
        for folder in ["run", ".local/share", ".config", ".cache"] {
            std::fs::create_dir_all(home.join(folder))?;
        }
        let socket = home.join("run").join("bus");
        let address = format!("unix:path={}", socket.display());
        // A bus without service files starts nothing by itself: the key store is there or it is not.
        let config = home.join("run").join("bus.conf");
        std::fs::write(
            &config,
            format!(
                "<busconfig><type>session</type><listen>{address}</listen><policy context=\"default\">\
                 <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/>\
                 </policy></busconfig>"
            ),
        )?;
        let mut command = Command::new("dbus-daemon");
        command.args(["--nofork", "--nopidfile"]).arg(format!("--config-file={}", config.display()));
        let bus = Service::start("the message bus", command, &home.join("bus.log"))?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while !socket.exists() {
            if Instant::now() > deadline {
                return Err("the message bus did not start within 10 seconds".into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(Self { home: home.to_owned(), address, _key_store: None, _bus: bus })
    }

    /// A program that lives in this session.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        self.dress(&mut command);
        command
    }

    /// Puts a program into this session.
    pub fn dress(&self, command: &mut Command) {
        command
            .env("HOME", &self.home)
            .env("XDG_RUNTIME_DIR", self.home.join("run"))
            .env("XDG_DATA_HOME", self.home.join(".local/share"))
            .env("XDG_CONFIG_HOME", self.home.join(".config"))
            .env("XDG_CACHE_HOME", self.home.join(".cache"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            // There is no screen reader on this bus, and looking for one takes time.
            .env("NO_AT_BRIDGE", "1");
    }

    fn wait_for(&self, name: &str) -> Outcome {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let answer = self
                .command(Path::new("dbus-send"))
                .args(["--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"])
                .args(["org.freedesktop.DBus.NameHasOwner", &format!("string:{name}")])
                .output()?;
            if String::from_utf8_lossy(&answer.stdout).contains("true") {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{name} did not come up within 10 seconds").into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
