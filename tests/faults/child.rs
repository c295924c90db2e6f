//! A desk in a process of its own, which can be killed, stopped or given a bad disk.
//!
//! It is this very program, started again with a role. What it says on its standard output is what an RA user was
//! told: a key it says is one that was recorded.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tests::Outcome;

/// The variable that names the role.
pub const ROLE: &str = "RA_DESK_FAULTS_ROLE";
/// The word before a key that was recorded.
const RECORDED: &str = "recorded ";
/// The word before a draft in which every question is answered, and which is left at that.
const DRAFT: &str = "draft ";

/// A child and what it said.
pub struct Child {
    process: std::process::Child,
    said: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    last_words: PathBuf,
}

impl Child {
    /// Starts this program in a role, with what the role needs in its environment. Its errors go to a file.
    pub fn start<'a>(
        role: &str,
        needs: impl IntoIterator<Item = (&'a str, &'a OsStr)>,
        last_words: &Path,
    ) -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .env(ROLE, role)
            .envs(needs)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(last_words)?)
            .spawn()?;
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let reader = process.stdout.take().map(|pipe| {
            let said = said.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    held(&said).push(line);
                }
            })
        });
        Ok(Self { process, said, reader, last_words: last_words.to_owned() })
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it ended by itself, and how.
    pub fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        Ok(self.process.try_wait()?)
    }

    /// What it said so far.
    pub fn said(&self) -> Vec<String> {
        held(&self.said).clone()
    }

    /// The keys it said were recorded, so far.
    pub fn recorded(&self) -> BTreeSet<String> {
        recorded_in(&self.said())
    }

    /// The drafts it said were written down, so far.
    pub fn drafts(&self) -> BTreeSet<String> {
        drafts_in(&self.said())
    }

    /// Waits until it said this, or for at most a minute.
    pub fn until_it_says(&mut self, word: &str) -> Outcome {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !held(&self.said).iter().any(|line| line == word) {
            if let Some(status) = self.process.try_wait()? {
                return Err(format!("ended with {status} before it said {word}:\n{}", self.last_words()).into());
            }
            if Instant::now() > deadline {
                return Err(format!("did not say {word} within a minute").into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// Kills it (SIGKILL) and gives everything it said.
    pub fn kill(mut self) -> Outcome<Vec<String>> {
        self.process.kill()?;
        self.wait_to_end().map(|(_, said)| said)
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Outcome<(ExitStatus, Vec<String>)> {
        self.wait_to_end()
    }

    /// What it wrote to its standard error.
    pub fn last_words(&self) -> String {
        std::fs::read_to_string(&self.last_words).unwrap_or_default()
    }

    fn wait_to_end(&mut self) -> Outcome<(ExitStatus, Vec<String>)> {
        let status = self.process.wait()?;
        if let Some(reader) = self.reader.take() {
            // It ends with the pipe.
            _ = reader.join();
        }
        Ok((status, self.said()))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Also one that is stopped, and when the harness gives up.
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// The keys that were said to be recorded.
pub fn recorded_in(said: &[String]) -> BTreeSet<String> {
    said.iter().filter_map(|line| line.strip_prefix(RECORDED)).map(str::to_owned).collect()
}

/// The drafts that were said to be written down.
pub fn drafts_in(said: &[String]) -> BTreeSet<String> {
    said.iter().filter_map(|line| line.strip_prefix(DRAFT)).map(str::to_owned).collect()
}

/// In a child: says that a draft is written down.
pub fn say_draft(id: impl std::fmt::Display) -> Outcome {
    say(&format!("{DRAFT}{id}"))
}

/// In a child: says that a registration was recorded, in one write, so that a kill leaves the whole line or none.
pub fn say_recorded(key: impl std::fmt::Display) -> Outcome {
    say(&format!("{RECORDED}{key}"))
}

/// In a child: says a line.
pub fn say(line: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    Ok(out.flush()?)
}

/// In a child: something of the environment that the role needs.
pub fn need(name: &str) -> Outcome<String> {
    std::env::var(name).map_err(|_| format!("{name} is not set").into())
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
