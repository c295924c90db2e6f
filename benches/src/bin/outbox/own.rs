//! The contenders that are made of nothing but Rust: RA Desk's store, SQLite without RA Desk, and the disk itself.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use benches::{Outcome, people, session};
use contract::{NhsNetAddress, Profile};
use desk::{Clock, KeyStore, KeyStoreError, MeasuredStore, SystemClock};
use zeroize::Zeroizing;

/// How many different people are recorded, again and again.
const PEOPLE: usize = 200;

/// What a round took, and what it did before its clock was started.
struct Took {
    time: Duration,
    syncs_before: u64,
    cpu_before: u64,
}

/// Becomes the contender of that name.
pub fn contend(name: &str, folder: &Path) -> Outcome {
    match name {
        "ours" => ours(folder),
        "plain" => plain(folder),
        "raw" => raw(folder),
        other => Err(format!("no contender is called {other}").into()),
    }
}

fn rounds(mut round: impl FnMut(&str, usize, usize) -> Outcome<Option<Took>>) -> Outcome {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let [how, count, bytes] = words[..] else { return Err("how, how many, how large?".into()) };
        let mut out = std::io::stdout().lock();
        match round(how, count.parse()?, bytes.parse()?)? {
            Some(took) => writeln!(out, "{} {} {}", took.time.as_nanos(), took.syncs_before, took.cpu_before)?,
            None => writeln!(out, "none")?,
        }
        out.flush()?;
    }
    Ok(())
}

/// RA Desk's own store, as it records a draft in which every question is answered.
fn ours(folder: &Path) -> Outcome {
    let store = MeasuredStore::open(&folder.join("desk"), &Keys::default(), session(SystemClock::start().now())?)?;
    let people: Vec<(Profile, NhsNetAddress)> = people(20 * PEOPLE, PEOPLE)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    rounds(|how, count, _| {
        let before = now()?;
        let whom = people.iter().cycle().take(count).cloned().collect();
        let drafts = runtime.block_on(store.drafts(whom))?;
        let begun = now()?;
        let started = Instant::now();
        if how == "together" {
            runtime.block_on(store.record_together(drafts))?;
        } else {
            for draft in drafts {
                runtime.block_on(store.record(draft))?;
            }
        }
        let time = started.elapsed();
        Ok(Some(Took { time, syncs_before: begun.0 - before.0, cpu_before: begun.1 - before.1 }))
    })
}

/// SQLite as RA Desk sets it (WAL, FULL), without a key, and one table.
fn plain(folder: &Path) -> Outcome {
    let mut conn = rusqlite::Connection::open(folder.join("plain.db"))?;
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE job (id INTEGER PRIMARY KEY, body BLOB);",
    )?;
    rounds(|how, count, bytes| {
        let body = vec![b'x'; bytes];
        let started = Instant::now();
        let insert = "INSERT INTO job (body) VALUES (?1)";
        if how == "together" {
            let tx = conn.transaction()?;
            for _ in 0..count {
                tx.prepare_cached(insert)?.execute([&body])?;
            }
            tx.commit()?;
        } else {
            for _ in 0..count {
                conn.prepare_cached(insert)?.execute([&body])?;
            }
        }
        Ok(Some(Took { time: started.elapsed(), syncs_before: 0, cpu_before: 0 }))
    })
}

/// The disk: each one appended to a file and brought to the disk.
fn raw(folder: &Path) -> Outcome {
    let mut file = OpenOptions::new().append(true).create(true).open(folder.join("raw"))?;
    rounds(|how, count, bytes| {
        let body = vec![b'x'; bytes];
        let started = Instant::now();
        for _ in 0..count {
            file.write_all(&body)?;
            if how != "together" {
                file.sync_data()?;
            }
        }
        if how == "together" {
            file.sync_data()?;
        }
        Ok(Some(Took { time: started.elapsed(), syncs_before: 0, cpu_before: 0 }))
    })
}

/// How often this process synced, and its processor time in nanoseconds.
fn now() -> Outcome<(u64, u64)> {
    let syncs = std::fs::read(std::env::var_os("RA_DESK_SYNCS").ok_or("nobody counts the syncs")?)?;
    let syncs = u64::from_ne_bytes(syncs.try_into().map_err(|_| "the count of syncs is not one")?);
    Ok((syncs, benches::cpu_of(std::process::id())?))
}

/// A key store in memory.
#[derive(Default)]
struct Keys(Mutex<HashMap<String, Vec<u8>>>);

impl KeyStore for Keys {
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        let entries = self.0.lock().map_err(|_| KeyStoreError::Missing)?;
        Ok(entries.get(name).cloned().map(Zeroizing::new))
    }

    fn save(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreError> {
        self.0.lock().map_err(|_| KeyStoreError::Missing)?.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }
}
