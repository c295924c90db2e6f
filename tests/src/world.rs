//! The practice world as programs: an issuer with made-up people, and a gateway that can be cut off for real.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::programs::{self, Service};

/// How many ports behind its base a practice world uses.
const PORTS: u16 = 50;

/// A practice world in a folder of its own.
pub struct World {
    folder: PathBuf,
    base: u16,
    gateway: Option<Service>,
    _sandbox: Service,
}

impl World {
    /// Makes a world of so many people in `folder` and starts it.
    pub fn start(folder: &Path, people: u32) -> Outcome<Self> {
        std::fs::create_dir_all(folder)?;
        let base = free_ports()?;
        let status = Command::new(programs::sandbox()?)
            .arg("init")
            .arg("--dir")
            .arg(folder)
            .args(["--people", &people.to_string(), "--port-base", &base.to_string()])
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(format!("ra-sandbox init ended with {status}").into());
        }
        let mut serve = Command::new(programs::sandbox()?);
        serve.arg("serve").arg("--dir").arg(folder);
        let sandbox =
            Service::start_ready("the practice world", serve, &folder.join("sandbox.log"), "issuer ready at ")?;
        let mut world = Self { folder: folder.to_owned(), base, gateway: None, _sandbox: sandbox };
        world.start_gateway()?;
        Ok(world)
    }

    /// Starts the gateway, or starts it again.
    pub fn start_gateway(&mut self) -> Outcome {
        let mut serve = Command::new(programs::gateway()?);
        serve.arg("--config").arg(self.folder.join("gateway.toml"));
        self.gateway =
            Some(Service::start_ready("the gateway", serve, &self.folder.join("gateway.log"), "listening on ")?);
        Ok(())
    }

    /// Cuts the gateway off: from now on its port refuses connections.
    pub fn cut_gateway(&mut self) -> Outcome {
        if let Some(gateway) = self.gateway.take() {
            gateway.stop()?;
        }
        Ok(())
    }

    /// The settings of a desk in this world.
    pub fn desk_settings(&self) -> PathBuf {
        self.folder.join("desk.toml")
    }

    /// Where the sandbox's pages are.
    pub fn sandbox_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.base)
    }

    /// Counts what one SQL query over the gateway's file counts, while the gateway runs or not.
    pub fn count(&self, sql: &str) -> Outcome<i64> {
        let file = rusqlite::Connection::open_with_flags(
            self.folder.join("gateway.sqlite3"),
            rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
        )?;
        file.busy_timeout(std::time::Duration::from_secs(10))?;
        Ok(file.query_row(sql, [], |row| row.get(0))?)
    }

    /// What stands in the first column of one SQL query over the gateway's file.
    pub fn blobs(&self, sql: &str) -> Outcome<Vec<Vec<u8>>> {
        let file = rusqlite::Connection::open_with_flags(
            self.folder.join("gateway.sqlite3"),
            rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
        )?;
        file.busy_timeout(std::time::Duration::from_secs(10))?;
        let mut statement = file.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

/// The first of a run of ports that nobody uses.
fn free_ports() -> Outcome<u16> {
    for _ in 0..50 {
        let base = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let Some(end) = base.checked_add(PORTS) else { continue };
        // Held all at once, so that none is counted twice.
        let held: Vec<_> = (base..end).map(|port| TcpListener::bind(("127.0.0.1", port))).collect();
        if held.iter().all(Result::is_ok) {
            return Ok(base);
        }
    }
    Err("no run of free ports was found".into())
}
