//! Looks for texts in every file of a folder, as `strings` would: also in UTF-16, as a web view might keep them.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value;

use crate::Outcome;

/// Where one of the texts stands in a file under `folder`; the text's place in the list is told, not the text.
pub fn find_texts(folder: &Path, texts: &[&str]) -> Outcome<Vec<(PathBuf, usize)>> {
    let needles: Vec<[Vec<u8>; 2]> = texts
        .iter()
        .map(|text| {
            let lower = text.to_lowercase();
            [lower.as_bytes().to_vec(), lower.encode_utf16().flat_map(u16::to_le_bytes).collect()]
        })
        .collect();
    let mut found = Vec::new();
    for file in files(folder)? {
        let mut bytes = std::fs::read(&file)?;
        bytes.make_ascii_lowercase();
        for (at, needle) in needles.iter().enumerate() {
            if needle.iter().any(|needle| contains(&bytes, needle)) {
                found.push((file.clone(), at));
            }
        }
    }
    Ok(found)
}

/// Every file under a folder.
pub fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty() && bytes.windows(needle.len()).any(|window| window == needle)
}

/// Every value in every table of a database.
pub fn values(conn: &Connection) -> Outcome<Vec<Value>> {
    let mut tables = conn.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut found = Vec::new();
    for table in tables {
        let mut statement = conn.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                found.push(row.get(column)?);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_in_both_encodings() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), b"..sam.taylor@NHS.net..").unwrap();
        let utf16: Vec<u8> = "xTaylorx".encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::write(folder.path().join("sub/b"), utf16).unwrap();
        let found = find_texts(folder.path(), &["Sam.Taylor@nhs.net", "taylor", "nobody"]).unwrap();
        let places: Vec<usize> = found.iter().map(|(_, at)| *at).collect();
        assert_eq!(places, [0, 1, 1]);
    }
}
