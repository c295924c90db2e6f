//! `cargo xtask run`: the practice world, and RA Desk in front of it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::machine::{Need, cargo, has_display, npm, page_packages, prepare, target_dir};
use crate::stage::{Tests, Watch, own_group, program, stop_group};
use crate::{Failure, Outcome, failed, root};

const HELP: &str = "\
cargo xtask run [--yes] [--walk] [--people N] [--fresh]

Builds RA Desk, starts the practice world (an identity provider, a gateway and made-up people on this
computer only) and opens RA Desk against it. Close the window, or press Ctrl+C, to stop it all.

Without a display it opens the same window on a virtual one, walks the main job through it, and leaves
numbered pictures and result.json in target/walk. It ends with 0 only when every step did what it should.

  --yes        install missing system packages without asking
  --walk       walk even though there is a display
  --people N   how many made-up people live in the practice world (default 2000)
  --fresh      forget what earlier runs left in the practice world
";

/// What was asked for.
pub(crate) struct Options {
    yes: bool,
    walk: bool,
    people: u32,
    fresh: bool,
}

impl Options {
    /// Reads the words behind `run`.
    pub(crate) fn read(words: &[String]) -> Outcome<Self> {
        let mut options = Self { yes: false, walk: false, people: 2000, fresh: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--yes" => options.yes = true,
                "--walk" => options.walk = true,
                "--fresh" => options.fresh = true,
                "--people" => {
                    let number = words.next().and_then(|n| n.parse().ok()).filter(|n| (1..=2_000_000).contains(n));
                    options.people =
                        number.ok_or_else(|| Failure::Words("--people takes a number from 1 to 2000000".to_owned()))?;
                }
                "--help" | "-h" => return Err(Failure::Help(HELP)),
                other => return Err(Failure::Words(format!("run does not know '{other}'\n\n{HELP}"))),
            }
        }
        Ok(options)
    }
}

/// Where the programs are, built with the `practice` feature.
pub(crate) struct Programs {
    /// RA Desk.
    pub(crate) desk: PathBuf,
    /// The gateway.
    pub(crate) gateway: PathBuf,
    /// The practice world.
    pub(crate) sandbox: PathBuf,
}

/// Builds, starts and opens, or walks.
pub(crate) fn run(options: &Options) -> Outcome {
    let walking = options.walk || !has_display();
    prepare(if walking { Need::Virtual } else { Need::Build }, options.yes)?;
    let programs = build()?;
    if walking {
        if !has_display() {
            println!(
                "There is no display here: RA Desk is opened on a virtual one and the main job walked through it."
            );
        }
        walk(&programs, options.people, Duration::from_secs(15 * 60))?;
        println!("The pictures are in target/walk.");
        return Ok(());
    }
    open(&programs, options)
}

/// Builds the page and the three programs.
pub(crate) fn build() -> Outcome<Programs> {
    build_page()?;
    println!("cargo build (RA Desk, gateway, practice world)");
    let mut command = cargo();
    command.args(["build", "--package", "ra-desk", "--package", "gateway", "--package", "sandbox"]);
    command.args(["--features", "ra-desk/practice"]);
    program(command, Duration::from_secs(45 * 60))?;
    // Kept apart from what other builds leave under the same names.
    let built = target_dir().join("debug");
    let kept = target_dir().join("ra-desk-practice");
    std::fs::create_dir_all(&kept)?;
    let keep = |name: &str| -> Outcome<PathBuf> {
        let name = if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() };
        let to = kept.join(&name);
        // A program that is running cannot be written over, but it can be replaced.
        let new = kept.join(format!("{name}.new"));
        std::fs::copy(built.join(&name), &new)?;
        std::fs::rename(&new, &to)?;
        Ok(to)
    };
    Ok(Programs { desk: keep("ra-desk")?, gateway: keep("ra-gateway")?, sandbox: keep("ra-sandbox")? })
}

/// Builds the page into `ui/dist`.
pub(crate) fn build_page() -> Outcome {
    page_packages()?;
    println!("npm run build (the page)");
    let mut command = npm(&root().join("ui"));
    command.args(["run", "--silent", "build"]);
    program(command, Duration::from_secs(600))?;
    Ok(())
}

/// Walks the main job on a virtual display.
pub(crate) fn walk(programs: &Programs, people: u32, limit: Duration) -> Outcome<Tests> {
    println!("cargo build (the walk)");
    let mut command = cargo();
    command.args(["build", "--package", "tests", "--bin", "walk"]);
    program(command, Duration::from_secs(30 * 60))?;
    let mut command = virtual_display(&target_dir().join("debug").join("walk"));
    command.arg("--out").arg(root().join("target").join("walk")).args(["--people", &people.to_string()]);
    programs.name_in(&mut command);
    program(command, limit)
}

impl Programs {
    /// Tells a test program where the built programs are.
    pub(crate) fn name_in(&self, command: &mut Command) {
        command.env("RA_DESK_BIN", &self.desk);
        command.env("RA_GATEWAY_BIN", &self.gateway);
        command.env("RA_SANDBOX_BIN", &self.sandbox);
    }
}

/// A program on a virtual display.
pub(crate) fn virtual_display(program: &Path) -> Command {
    let mut command = Command::new("xvfb-run");
    command.args(["--auto-servernum", "--server-args=-screen 0 1280x900x24 -nolisten tcp"]).arg(program);
    // The virtual display is X; a session's Wayland display must not be taken instead of it.
    command.env_remove("WAYLAND_DISPLAY").env("GDK_BACKEND", "x11");
    command.current_dir(root());
    command
}

/// Opens RA Desk on the display that is there.
fn open(programs: &Programs, options: &Options) -> Outcome {
    let world = root().join("target").join("practice");
    if options.fresh && world.exists() {
        std::fs::remove_dir_all(&world)?;
    }
    std::fs::create_dir_all(&world)?;
    let mut init = Command::new(&programs.sandbox);
    init.arg("init").arg("--dir").arg(&world).args(["--people", &options.people.to_string()]);
    program(init, Duration::from_secs(600))?;
    let mut serve = Command::new(&programs.sandbox);
    serve.arg("serve").arg("--dir").arg(&world);
    let _sandbox = Service::start("the practice world", serve, "issuer ready at ")?;
    let mut serve = Command::new(&programs.gateway);
    serve.arg("--config").arg(world.join("gateway.toml"));
    let _gateway = Service::start("the gateway", serve, "listening on ")?;
    println!("RA Desk opens now. Everybody in it is made up. Close its window to stop.");
    let status = Command::new(&programs.desk)
        .env("RA_DESK_SETTINGS", world.join("desk.toml"))
        .env("RA_DESK_DATA_DIR", world.join("desk"))
        .status()?;
    if status.success() { Ok(()) } else { failed(format!("RA Desk ended with {status}")) }
}

/// A program that runs until this value goes.
struct Service {
    child: Child,
    _watch: Watch,
}

impl Service {
    /// Starts it and waits until it says that it is ready.
    fn start(name: &str, mut command: Command, ready: &'static str) -> Outcome<Self> {
        own_group(&mut command);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let (say, said) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    if line.contains(ready) {
                        let _ = say.send(line);
                    }
                }
            });
        }
        let _watch = Watch::over(&child);
        let mut service = Self { child, _watch };
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            if let Ok(line) = said.recv_timeout(Duration::from_millis(200)) {
                println!("{name}: {line}");
                return Ok(service);
            }
            if let Some(status) = service.child.try_wait()? {
                return failed(format!("{name} ended at once with {status}"));
            }
            if Instant::now() > deadline {
                return failed(format!("{name} was not ready within two minutes"));
            }
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        stop_group(&mut self.child);
    }
}
