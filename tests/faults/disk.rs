//! Disks to spoil: file systems of a test's own, and a layer under a program that makes its disk go bad.
//!
//! Mounts are made in a mount namespace of this program's own ([`in_a_namespace_of_its_own`]), so that they go with it
//! however it ends.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tests::Outcome;

/// Set in a program that has its own mounts.
const OWN_MOUNTS: &str = "RA_DESK_FAULTS_OWN_MOUNTS";

/// Whether this is root: who is not may mount nothing.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Becomes the same program in a mount namespace of its own, where the machine allows it.
pub fn in_a_namespace_of_its_own() {
    if !is_root() || std::env::var_os(OWN_MOUNTS).is_some() || done("unshare", &["--mount", "true"]).is_err() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        // It comes back only where it could not be done.
        _ = Command::new("unshare")
            .args(["--mount", "--propagation", "private"])
            .arg(program)
            .args(std::env::args_os().skip(1))
            .env(OWN_MOUNTS, "1")
            .exec();
    }
}

/// Why nothing can be mounted here, if so.
pub fn why_no_mounts() -> Option<String> {
    if !is_root() {
        return Some("only root may mount a file system, and this is not root".to_owned());
    }
    for program in ["mount", "umount", "mkfs.ext4"] {
        if done("sh", &["-c", &format!("command -v {program}")]).is_err() {
            return Some(format!("{program} is not installed"));
        }
    }
    None
}

/// Runs a program to its end. What it said is the error.
pub fn done(program: &str, words: &[&str]) -> Outcome {
    let output = Command::new(program).args(words).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(format!("{program} {}: {said}", words.join(" ")).into())
}

fn text(path: &Path) -> Outcome<&str> {
    path.to_str().ok_or_else(|| "a path is not text".into())
}

/// Something mounted. It is unmounted when this goes, however that comes about.
pub struct Mounted {
    at: PathBuf,
}

impl Mounted {
    /// A file system in memory, of that size.
    pub fn in_memory(at: &Path, size: &str) -> Outcome<Self> {
        std::fs::create_dir_all(at)?;
        done("mount", &["-t", "tmpfs", "-o", &format!("size={size},mode=700"), "tmpfs", text(at)?])?;
        Ok(Self { at: at.to_owned() })
    }

    /// The file system in an image.
    pub fn image(image: &Path, at: &Path) -> Outcome<Self> {
        std::fs::create_dir_all(at)?;
        done("mount", &["-t", "ext4", "-o", "loop", text(image)?, text(at)?])?;
        Ok(Self { at: at.to_owned() })
    }

    /// Mounts it anew with other options.
    pub fn again(&self, options: &str) -> Outcome {
        done("mount", &["-o", &format!("remount,{options}"), text(&self.at)?])
    }

    /// The counts the kernel keeps of the device it lies on.
    fn device_counts(&self) -> Outcome<String> {
        let mounts = std::fs::read_to_string("/proc/mounts")?;
        let at = text(&self.at)?;
        let device = mounts
            .lines()
            .find_map(|line| {
                let mut words = line.split(' ');
                let device = words.next()?;
                (words.next()? == at).then(|| device.rsplit('/').next().unwrap_or_default().to_owned())
            })
            .ok_or("it is not mounted")?;
        Ok(std::fs::read_to_string(format!("/sys/block/{device}/stat"))?)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let Ok(at) = text(&self.at) else { return };
        // Whoever holds it for a moment longer does not keep it mounted.
        if done("umount", &[at]).is_err() {
            _ = done("umount", &["-l", at]);
        }
    }
}

/// An empty ext4 file system in a sparse file.
pub fn make_image(image: &Path, megabytes: u64) -> Outcome {
    std::fs::File::create(image)?.set_len(megabytes * 1024 * 1024)?;
    done("mkfs.ext4", &["-q", "-F", text(image)?])
}

/// Copies what the disk holds at this moment while its file system is mounted. Whoever writes to it must stand still.
///
/// The kernel may write meanwhile, which would mix two moments: then it is copied again.
pub fn copy_of_this_moment(mounted: &Mounted, image: &Path, copy: &Path) -> Outcome {
    for _ in 0..50 {
        let before = mounted.device_counts()?;
        let in_flight = before.split_whitespace().nth(8) != Some("0");
        if !in_flight {
            _ = std::fs::remove_file(copy);
            done("cp", &["--sparse=auto", text(image)?, text(copy)?])?;
            if writes(&mounted.device_counts()?) == writes(&before) {
                return Ok(());
            }
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    Err("the disk did not stand still to be copied".into())
}

/// The count of writes that ended, of those in flight, and of flushes.
fn writes(counts: &str) -> Vec<&str> {
    let counts: Vec<&str> = counts.split_whitespace().collect();
    [4, 6, 8, 15].into_iter().filter_map(|at| counts.get(at).copied()).collect()
}

/// The layer that makes a program's disk go bad, built.
pub struct BadDisk {
    library: PathBuf,
}

/// How a disk goes bad.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// One call fails.
    Eio,
    /// From one call on there is no room.
    NoRoom,
    /// One write takes half of its bytes, and then there is no room once.
    Short,
    /// It says that everything is on the disk, always.
    Lies,
}

impl BadDisk {
    /// Builds the layer beside this program.
    pub fn build() -> Outcome<Self> {
        let folder = std::env::current_exe()?.parent().ok_or("this program lies nowhere")?.to_owned();
        let (source, library) = (folder.join("bad_disk.c"), folder.join("bad_disk.so"));
        std::fs::write(&source, include_str!("bad_disk.c"))?;
        done("cc", &["-shared", "-fPIC", "-O1", "-o", text(&library)?, text(&source)?, "-ldl"])?;
        Ok(Self { library })
    }

    /// What a program has in its environment whose files under a folder lie on such a disk.
    pub fn under(&self, folder: &Path, bad: Bad, call: u64, met: &Path) -> Vec<(&'static str, OsString)> {
        let fault = match bad {
            Bad::Eio => "eio",
            Bad::NoRoom => "enospc",
            Bad::Short => "short",
            Bad::Lies => "lie",
        };
        vec![
            ("LD_PRELOAD", self.library.clone().into()),
            ("BAD_DISK_FOLDER", folder.into()),
            ("BAD_DISK_FAULT", fault.into()),
            ("BAD_DISK_CALL", call.to_string().into()),
            ("BAD_DISK_MET", met.into()),
        ]
    }
}
