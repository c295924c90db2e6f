//! Whether what `docs/security.md` names is there: tests, modules of `tests/oidc`, files.

use std::collections::BTreeSet;

use super::Findings;
use super::sources::Sources;

/// The page.
pub const PAGE: &str = "docs/security.md";

/// Words of the page that look like the name of a test and are the name of a setting.
const NO_TESTS: &[&str] = &["issuer_hosts", "platform_plus"];

/// Folders whose files the page names by their path.
const FOLDERS: &[&str] =
    &["benches/", "crates/", "docs/", "packaging/", "src-tauri/", "tests/", "ui/", "xtask/", ".github/"];

/// What the page names and nobody has.
pub fn security_page(sources: &Sources) -> Findings {
    let page = sources.file(PAGE);
    let Some((written, table)) = without_table(page) else {
        return vec![format!("{PAGE} has no table of modules")];
    };
    let (tests, modules) = (tests(sources), modules(table));
    let mut found = Vec::new();
    let mut named = BTreeSet::new();
    for (before, word) in in_backticks(&written) {
        let last = before.trim_end().rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        if last.eq_ignore_ascii_case("module") {
            if !modules.contains(word) {
                found.push(format!("{PAGE} names the module `{word}`, which tests/oidc has not"));
            }
        } else if looks_like_a_test(word) && !NO_TESTS.contains(&word) {
            named.insert(word);
            if !tests.contains(word) {
                found.push(format!("{PAGE} names the test `{word}`, which is nowhere"));
            }
        } else if FOLDERS.iter().any(|folder| word.starts_with(folder)) {
            let folder = format!("{}/", word.trim_end_matches('/'));
            if sources.files(|path| path == word || path.starts_with(&folder)).next().is_none() {
                found.push(format!("{PAGE} names the file `{word}`, which is not there"));
            }
        }
    }
    if named.len() < 20 {
        found.push(format!("{PAGE} names only {} tests: is it read as it should be?", named.len()));
    }
    found
}

/// The page without the tables that `cargo xtask test oidc` writes and compares, and those tables.
fn without_table(page: &str) -> Option<(String, &str)> {
    let (head, rest) = page.split_once("<!-- oidc -->")?;
    let (table, tail) = rest.split_once("<!-- /oidc -->")?;
    Some((format!("{head}{tail}"), table))
}

/// What stands in backticks, each with the text before it on its line. Blocks of code are left out.
fn in_backticks(text: &str) -> Vec<(&str, &str)> {
    let mut in_block = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            let parts: Vec<&str> = line.split('`').collect();
            found.extend(parts.chunks_exact(2).map(|pair| (pair[0], pair[1])));
        }
    }
    found
}

/// Words in small letters, held together by `_`.
fn looks_like_a_test(word: &str) -> bool {
    word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The first column of the tables of modules.
fn modules(table: &str) -> BTreeSet<&str> {
    table.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0)).collect()
}

/// The name of every test that is written in Rust.
fn tests(sources: &Sources) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for (_, text) in sources.files(|path| path.ends_with(".rs")) {
        let mut is_test = false;
        for line in text.lines().map(str::trim_start) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if is_test
                && !line.starts_with("//")
                && let Some((_, name)) = line.split_once("fn ")
            {
                found.extend(name.split(['(', '<']).next());
                is_test = false;
            }
        }
    }
    found
}
