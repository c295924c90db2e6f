//! A log file that is begun anew when it is full, with so many older ones kept beside it.
//!
//! Of our own, because the crates that roll by size read the clock themselves, give up or panic when a file cannot
//! be opened, or do not say who may read what they make; this is what is needed of them and no more.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The newest file. Older ones have a number before the ending, the highest being the oldest.
const NAME: &str = "ra-desk";
const ENDING: &str = "jsonl";

/// Files of at most so many bytes, at most so many of them.
pub struct Rolling {
    folder: PathBuf,
    most_bytes: u64,
    most_files: u32,
    file: Option<File>,
    written: u64,
}

impl Rolling {
    /// Goes on with the newest file in a folder, which is made where there is none.
    pub fn open(folder: &Path, most_bytes: u64, most_files: u32) -> io::Result<Self> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        let mut rolling =
            Self { folder: folder.to_owned(), most_bytes, most_files: most_files.max(1), file: None, written: 0 };
        rolling.open_newest()?;
        rolling.forget_oldest();
        Ok(rolling)
    }

    fn path(&self, age: u32) -> PathBuf {
        let name = if age == 0 { format!("{NAME}.{ENDING}") } else { format!("{NAME}.{age}.{ENDING}") };
        self.folder.join(name)
    }

    fn open_newest(&mut self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.path(0))?;
        self.written = file.metadata()?.len();
        self.file = Some(file);
        Ok(())
    }

    /// Makes every file one older and begins a new one. What cannot be moved stays, and is written on.
    fn roll(&mut self) -> io::Result<()> {
        // Windows moves no file that is open.
        self.file = None;
        for age in (1..self.most_files).rev() {
            let (from, to) = (self.path(age - 1), self.path(age));
            if from.exists() {
                std::fs::rename(from, to)?;
            }
        }
        if self.most_files == 1 {
            std::fs::remove_file(self.path(0))?;
        }
        self.open_newest()
    }

    /// Removes files that were kept when more of them were wanted.
    fn forget_oldest(&self) {
        let mut age = self.most_files;
        while std::fs::remove_file(self.path(age)).is_ok() {
            age += 1;
        }
    }

    fn try_write(&mut self, line: &[u8]) -> io::Result<()> {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if self.written > 0 && self.written.saturating_add(length) > self.most_bytes {
            // Where that fails, somebody reads a file that Windows then does not move: what is there is written on, and
            // the next line tries again.
            _ = self.roll();
        }
        if self.file.is_none() {
            self.open_newest()?;
        }
        if let Some(file) = &mut self.file {
            file.write_all(line)?;
            self.written += length;
        }
        Ok(())
    }
}

impl Write for Rolling {
    /// Takes a whole line. A disk that is full or a folder that is gone never stops RA Desk: the line is lost, and the
    /// next one tries again.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.try_write(line).is_err() {
            self.file = None;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<(String, u64)> {
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
            .collect();
        files.sort();
        files
    }

    #[test]
    fn no_file_is_larger_and_no_more_are_kept_than_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        let mut rolling = Rolling::open(&logs, 100, 3).unwrap();
        for number in 0..50 {
            rolling.write_all(format!("{{\"line\":{number:022}}}\n").as_bytes()).unwrap();
        }
        let found = files(&logs);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["ra-desk.1.jsonl", "ra-desk.2.jsonl", "ra-desk.jsonl"]);
        assert!(found.iter().all(|(_, length)| *length <= 100 && *length > 0), "{found:?}");
        let newest = std::fs::read_to_string(logs.join("ra-desk.jsonl")).unwrap();
        assert!(newest.contains("0000049") && !newest.contains("0000010"), "{newest}");

        // After a start with fewer files, and one too long line.
        let mut rolling = Rolling::open(&logs, 100, 2).unwrap();
        rolling.write_all(&[b'x'; 300]).unwrap();
        rolling.write_all(b"after\n").unwrap();
        let names: Vec<String> = files(&logs).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["ra-desk.1.jsonl", "ra-desk.jsonl"]);
        assert_eq!(std::fs::read(logs.join("ra-desk.jsonl")).unwrap(), b"after\n");
    }

    #[test]
    fn one_file_is_enough_if_that_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut rolling = Rolling::open(folder.path(), 10, 1).unwrap();
        for line in ["12345678\n", "abcdefgh\n"] {
            rolling.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(files(folder.path()), [("ra-desk.jsonl".to_owned(), 9)]);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_them_and_a_folder_that_goes_stops_nothing() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        let mut rolling = Rolling::open(&logs, 10, 2).unwrap();
        rolling.write_all(b"1234567\n").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&logs), mode(&logs.join("ra-desk.jsonl"))), (0o700, 0o600));
        std::fs::remove_dir_all(&logs).unwrap();
        rolling.write_all(b"lost but no harm\n").unwrap();
        std::fs::create_dir(&logs).unwrap();
        rolling.write_all(b"again\n").unwrap();
        assert_eq!(std::fs::read(logs.join("ra-desk.jsonl")).unwrap(), b"again\n");
    }
}
