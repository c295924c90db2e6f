//! The text of every file of a checkout that people write.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Files by their path from the checkout's folder, with `/` between its parts.
pub struct Sources(BTreeMap<String, String>);

impl Sources {
    /// Reads what git tracks or would track; files that are not text are left out.
    pub fn read(root: &Path) -> Self {
        let listed = Command::new("git")
            .current_dir(root)
            .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            .output()
            .expect("git lists the files");
        assert!(listed.status.success(), "git ls-files failed");
        let paths = String::from_utf8(listed.stdout).expect("paths are text");
        let files = paths
            .split('\0')
            .filter(|path| !path.is_empty())
            .filter_map(|path| Some((path.to_owned(), std::fs::read_to_string(root.join(path)).ok()?)))
            .collect();
        Self(files)
    }

    /// Puts a file into this reading, in place of one of the same path.
    pub fn plant(&mut self, path: &str, text: &str) {
        self.0.insert(path.to_owned(), text.to_owned());
    }

    /// One file.
    pub fn file(&self, path: &str) -> &str {
        self.0.get(path).map_or("", String::as_str)
    }

    /// Files whose path fits.
    pub fn files(&self, fits: impl Fn(&str) -> bool) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(move |(path, _)| fits(path)).map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Rust of the product itself: not of tests, benches or the project's own commands.
    pub fn product(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files(|path| {
            path.ends_with(".rs")
                && (path.starts_with("src-tauri/src/") || (path.starts_with("crates/") && path.contains("/src/")))
        })
    }
}

/// A file's code without its unit tests.
pub fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]").map_or(text, |at| &text[..at])
}
