//! What kind of disk a folder lies on, by Linux's list of mounts.

use std::path::{Path, PathBuf};

use desk::{NotKept, Persistence};

/// What becomes of what is written into a folder, by the text of `/proc/self/mountinfo`.
pub fn persistence(mounts: &str, folder: &Path) -> Persistence {
    match kind_of(mounts, folder).as_deref() {
        Some("tmpfs" | "ramfs" | "rootfs") => Persistence::NotKept(NotKept::MemoryDisk),
        // A live system, a container or a locked-down one: writes go to a layer that is thrown away.
        Some("overlay" | "aufs" | "unionfs" | "squashfs") => Persistence::NotKept(NotKept::WriteFilter),
        Some("nfs" | "nfs4" | "cifs" | "smb3" | "smbfs" | "afs" | "ceph" | "9p" | "davfs" | "fuse.sshfs") => {
            Persistence::NotKept(NotKept::NetworkFolder)
        }
        _ => Persistence::Kept,
    }
}

/// The kind of the file system that a folder lies on: the mount with the longest name above it, and of several at one
/// place the last, which covers the others.
fn kind_of(mounts: &str, folder: &Path) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    for mount in mounts.lines() {
        // 36 35 98:0 /root /mount/point options [optional ...] - kind source options
        let Some((before, after)) = mount.split_once(" - ") else { continue };
        let (Some(point), Some(kind)) = (before.split(' ').nth(4), after.split(' ').next()) else { continue };
        let point = PathBuf::from(unescaped(point));
        let depth = point.components().count();
        if folder.starts_with(&point) && best.as_ref().is_none_or(|(deepest, _)| depth >= *deepest) {
            best = Some((depth, kind.to_owned()));
        }
    }
    best.map(|(_, kind)| kind)
}

/// Spaces and the like stand as `\040` in the list.
fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) if *first == b'\\' => {
                out.push(byte);
                rest = &after[3..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 0:21 / /run rw,nosuid shared:2 - tmpfs tmpfs rw
24 22 0:30 / /homes rw shared:3 - nfs4 server:/shares rw
25 24 0:31 / /homes/kept rw - ext4 /dev/vdb1 rw
26 22 0:32 / /mnt/old\\040disk rw - cifs //server/share rw
27 22 0:33 / /live rw - overlay overlay rw,lowerdir=/a
28 27 0:34 / /live rw - ext4 /dev/vdc1 rw
29 22 0:35 / /far rw - fuse.sshfs me@far:/ rw
";

    #[test]
    fn the_nearest_mount_decides() {
        for (folder, found) in [
            ("/var/lib/x", Persistence::Kept),
            ("/running", Persistence::Kept),
            ("/run/user/1000", Persistence::NotKept(NotKept::MemoryDisk)),
            ("/homes/somebody/.local", Persistence::NotKept(NotKept::NetworkFolder)),
            ("/homes/kept/.local", Persistence::Kept),
            ("/mnt/old disk/a", Persistence::NotKept(NotKept::NetworkFolder)),
            ("/live/a", Persistence::Kept),
            ("/far/a", Persistence::NotKept(NotKept::NetworkFolder)),
        ] {
            assert_eq!(persistence(MOUNTS, Path::new(folder)), found, "{folder}");
        }
        let live = MOUNTS.replace("28 27 0:34 / /live rw - ext4", "28 27 0:34 / /elsewhere rw - ext4");
        let filtered = Persistence::NotKept(NotKept::WriteFilter);
        assert_eq!(persistence(&live, Path::new("/live/a")), filtered);
    }

    #[test]
    fn a_disk_in_memory_of_this_computer_is_found() {
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        if Path::new("/dev/shm").is_dir() && mounts.contains(" /dev/shm ") {
            let found = persistence(&mounts, Path::new("/dev/shm"));
            assert_eq!(found, Persistence::NotKept(NotKept::MemoryDisk));
        }
    }
}
