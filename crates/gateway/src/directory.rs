//! Taking the directory's file in at start, when it is new or changed.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::keys::Keys;
use crate::store::{self, DirectoryError, ImportCounts};

/// Takes the file in, all of it or nothing.
pub(crate) fn take_in(
    connection: &Connection,
    path: &Path,
    keys: &Keys,
    now: Timestamp,
) -> Result<ImportCounts, DirectoryError> {
    let digest = digest_of(path)?;
    store::import(connection, BufReader::new(File::open(path)?), &digest, keys, now)
}

fn digest_of(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(&buffer[..read]),
        }
    }
}
