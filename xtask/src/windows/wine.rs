//! A Windows to try things on: a Wine prefix in the cache, made once.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{LINKER, folder};
use crate::machine::have_packages;
use crate::stage::program;
use crate::{Failure, Outcome, failed, root};

/// Runs programs for 64-bit Windows. The suggested 32-bit half is not needed and is nagged about.
const TO_RUN: &[&str] = &["wine", "wine64"];
/// Not on the path: `wine` itself is a script that asks for the 32-bit half.
const WINE: &[&str] = &["/usr/lib/wine/wine64", "/usr/lib/wine/wine64-stable"];
/// Raised when the prefix is made differently.
const MADE: &str = "2: bcryptprimitives, Windows 8.1";

/// Wine, with a prefix.
pub(super) struct Wine {
    /// What cargo starts Windows programs with.
    pub(super) runner: PathBuf,
    /// The folder that holds `drive_c`.
    pub(super) prefix: PathBuf,
}

impl Wine {
    /// Installs Wine and makes the prefix, unless both are there.
    pub(super) fn prepare(yes: bool) -> Outcome<Self> {
        have_packages(TO_RUN, yes)?;
        let Some(binary) = WINE.iter().find(|path| Path::new(path).is_file()) else {
            return Err(Failure::Skipped("Wine is not on this machine".to_owned()));
        };
        let wine = Self { runner: folder().join("run-under-wine"), prefix: folder().join("wine") };
        std::fs::create_dir_all(folder())?;
        write_runner(&wine.runner, binary)?;
        let mark = wine.prefix.join("made");
        if std::fs::read_to_string(&mark).is_ok_and(|made| made == MADE) {
            return Ok(wine);
        }
        println!("making a Windows for the tests (700 MB in the cache, once)");
        if wine.prefix.exists() {
            std::fs::remove_dir_all(&wine.prefix)?;
        }
        program(wine.command("wineboot", &["--init"]), Duration::from_secs(300))?;
        wine.add_bcryptprimitives()?;
        // MSI then counts it as Windows 10 does (VersionNT 603), and a window does not ask Wine for a dark mode.
        wine.set_version("win81")?;
        std::fs::write(mark, MADE)?;
        Ok(wine)
    }

    /// A program of Windows.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>, words: &[&str]) -> Command {
        let mut command = Command::new(&self.runner);
        command.arg(program).args(words).env("WINEPREFIX", &self.prefix).stdin(Stdio::null());
        command
    }

    /// Lets the prefix be another version of Windows.
    pub(super) fn set_version(&self, version: &str) -> Outcome {
        program(self.command("winecfg", &["-v", version]), Duration::from_secs(600))?;
        Ok(())
    }

    /// Every Rust program asks this library for random bytes, and Wine before 9 has none: it would die without a word.
    fn add_bcryptprimitives(&self) -> Outcome {
        let library = self.prefix.join("drive_c/windows/system32/bcryptprimitives.dll");
        if library.exists() {
            return Ok(());
        }
        let built = Command::new(LINKER)
            .args(["-shared", "-O2", "-o"])
            .arg(library)
            .arg(root().join("packaging/windows/test/bcryptprimitives.c"))
            .arg("-ladvapi32")
            .status()?;
        if built.success() { Ok(()) } else { failed("the stand-in for bcryptprimitives.dll cannot be built") }
    }
}

/// A script, because cargo starts it too: the compiler's own libraries must not reach Wine, nor a window open.
fn write_runner(runner: &Path, binary: &str) -> Outcome {
    use std::io::Write;
    let server = Path::new(binary).with_file_name("wineserver64");
    let server = server.display();
    let script = format!(
        "#!/bin/sh\nunset LD_LIBRARY_PATH DISPLAY WAYLAND_DISPLAY\n\
         export WINEARCH=win64 WINEDEBUG=-all 'WINEDLLOVERRIDES=mscoree=;mshtml='\n\
         # Its server, which would tell of a hundred of its objects when it ends.\n\
         {server} -p3 2>/dev/null\nexec {binary} \"$@\"\n"
    );
    if std::fs::read_to_string(runner).is_ok_and(|there| there == script) {
        return Ok(());
    }
    std::fs::File::create(runner)?.write_all(script.as_bytes())?;
    #[cfg(unix)]
    std::fs::set_permissions(runner, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}
