//! One thing to do, with a limit to its time, a line about how it went, and a count of the tests in it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::{Outcome, failed};

/// How a stage went.
pub(crate) struct Report {
    /// Its name.
    pub(crate) name: &'static str,
    /// How long it took.
    pub(crate) took: Duration,
    /// How many tests it says ran, if it runs tests.
    pub(crate) tests: Tests,
    /// Why it failed, if it did.
    pub(crate) failure: Option<String>,
    /// Why it was not done at all, if it was not.
    pub(crate) skipped: Option<String>,
}

impl Report {
    /// How it went, in a word or a sentence.
    pub(crate) fn word(&self) -> String {
        match (&self.failure, &self.skipped) {
            (Some(why), _) => why.lines().next().unwrap_or_default().to_owned(),
            (None, Some(why)) => format!("SKIPPED: {why}"),
            (None, None) => "passed".to_owned(),
        }
    }
}

/// Tests as the programs' closing lines count them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tests {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) ignored: u32,
}

impl Tests {
    /// Reads what cargo test, Vitest and our own programs print when they close, without its colours.
    pub(crate) fn of_line(line: &str) -> Option<Self> {
        let line = line.trim();
        let count = |word: &str| -> Option<u32> {
            let words: Vec<&str> = line.split([' ', ';', ',', '|', '(', ')']).filter(|word| !word.is_empty()).collect();
            let at = words.iter().position(|w| *w == word)?;
            words.get(at.checked_sub(1)?)?.parse().ok()
        };
        let ours = line.starts_with("test result:") || line.starts_with("Tests ") || line.starts_with("checks:");
        if !ours {
            return None;
        }
        Some(Self {
            passed: count("passed").unwrap_or(0),
            failed: count("failed").unwrap_or(0),
            ignored: count("ignored").or_else(|| count("skipped")).unwrap_or(0),
        })
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            ignored: self.ignored + other.ignored,
        }
    }
}

/// Runs a program to its end, or to its limit, showing what it prints and counting tests.
pub(crate) fn program(mut command: Command, limit: Duration) -> Outcome<Tests> {
    own_group(&mut command);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|error| {
            crate::Failure::Failed(format!("{:?} could not be started: {error}", command.get_program()))
        })?;
    let _watch = Watch::over(&child);
    let heard = Arc::new(Mutex::new(Heard::default()));
    let readers = [
        child.stdout.take().map(|pipe| tee(pipe, false, Arc::clone(&heard))),
        child.stderr.take().map(|pipe| tee(pipe, true, Arc::clone(&heard))),
    ];
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > limit {
            stop_group(&mut child);
            return failed(format!("still running after {} minutes: stopped", limit.as_secs() / 60));
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    // What the program left behind may hold its pipes open; it is not waited for.
    stop_group(&mut child);
    for reader in readers.into_iter().flatten() {
        let _ = reader.join();
    }
    let heard = heard.lock().map_err(|_| crate::Failure::Failed("what a program said was lost".into()))?;
    if status.success() { Ok(heard.tests) } else { failed(format!("ended with {status}{}", heard.of_failure())) }
}

/// What a program said that is of use when it has ended.
#[derive(Default)]
struct Heard {
    tests: Tests,
    /// Lines that tell a failure, the first of them.
    telling: Vec<String>,
    /// Its last lines.
    last: VecDeque<String>,
}

impl Heard {
    /// As many lines of each kind are kept: what a person reads in one go.
    const KEPT: usize = 40;

    fn line(&mut self, line: &str) {
        let plain = strip_colours(line);
        let plain = plain.trim_end();
        if let Some(found) = Tests::of_line(plain) {
            self.tests = self.tests.and(found);
        }
        if plain.is_empty() {
            return;
        }
        let tells = ["FAILED", "FAIL ", "panicked at", "error:", "error[", "Error:"].iter().any(|w| plain.contains(w));
        if tells && self.telling.len() < Self::KEPT {
            self.telling.push(plain.to_owned());
        }
        if self.last.len() == Self::KEPT {
            self.last.pop_front();
        }
        self.last.push_back(plain.to_owned());
    }

    /// How many tests failed, and below it the lines to look at first.
    fn of_failure(&self) -> String {
        let Tests { passed, failed, .. } = self.tests;
        let mut text =
            if failed > 0 { format!(", {failed} of {} tests failed", passed + failed) } else { String::new() };
        for line in self.telling.iter().filter(|line| !self.last.contains(line)).chain(&self.last) {
            text.push_str("\n  ");
            text.push_str(line);
        }
        text
    }
}

fn tee(pipe: impl Read + Send + 'static, to_stderr: bool, heard: Arc<Mutex<Heard>>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line);
            if let Ok(mut heard) = heard.lock() {
                heard.line(&text);
            }
            let written = if to_stderr {
                std::io::stderr().write_all(&line)
            } else {
                std::io::stdout().write_all(&line).and_then(|()| std::io::stdout().flush())
            };
            if written.is_err() {
                return;
            }
            line.clear();
        }
    })
}

/// Stops a program's group when this command itself is stopped, by Ctrl+C for instance.
///
/// A group of its own does not hear the terminal's Ctrl+C. A shell waits on a pipe that closes with this process.
pub(crate) struct Watch(Option<Child>);

impl Watch {
    pub(crate) fn over(child: &Child) -> Self {
        if cfg!(not(unix)) {
            return Self(None);
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' INT; read line; kill -TERM -- -$0 2>/dev/null"]).arg(child.id().to_string());
        Self(shell.stdin(Stdio::piped()).spawn().ok())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(mut shell) = self.0.take() {
            let _ = shell.kill();
            let _ = shell.wait();
        }
    }
}

/// Gives a program a process group of its own, so that all it starts can be stopped with it.
pub(crate) fn own_group(command: &mut Command) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    #[cfg(not(unix))]
    let _ = command;
}

/// Stops a program and all it started.
pub(crate) fn stop_group(child: &mut Child) {
    #[cfg(unix)]
    {
        let group = format!("-{}", child.id());
        for signal in ["-TERM", "-KILL"] {
            let alive = Command::new("kill")
                .args([signal, "--", &group])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success());
            if !alive {
                break;
            }
            let deadline = Instant::now() + Duration::from_secs(5);
            while Instant::now() < deadline && group_is_alive(&group) {
                let _ = child.try_wait();
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = Command::new("taskkill").args(["/T", "/F", "/PID", &child.id().to_string()]).status();
    }
    let _ = child.wait();
}

#[cfg(unix)]
fn group_is_alive(group: &str) -> bool {
    Command::new("kill").args(["-0", "--", group]).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn strip_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            for c in chars.by_ref() {
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted() {
        let cases = [
            (
                "test result: ok. 24 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.16s",
                (24, 0, 1),
            ),
            (
                "\u{1b}[2m      Tests \u{1b}[22m \u{1b}[1m\u{1b}[31m2 failed\u{1b}[39m | 41 passed\u{1b}[39m (43)",
                (41, 2, 0),
            ),
            ("checks: 18 passed, 0 failed", (18, 0, 0)),
        ];
        for (line, (passed, failed, ignored)) in cases {
            assert_eq!(Tests::of_line(&strip_colours(line)), Some(Tests { passed, failed, ignored }), "{line}");
        }
        assert_eq!(Tests::of_line("running 24 tests"), None);
        assert_eq!(Tests::of_line("12 passed"), None);
    }

    /// Fed line by line, as what a program of a test prints is counted by the run this test is in.
    #[test]
    fn a_failure_is_told_by_its_count_its_first_telling_lines_and_its_last() {
        let mut heard = Heard::default();
        heard.line("first: FAILED\n");
        for n in 1..=100 {
            heard.line(&format!("{n}\n"));
        }
        heard.line("checks: 3 passed, 1 failed\n");
        let why = heard.of_failure();
        let lines: Vec<&str> = why.lines().collect();
        assert_eq!(lines.first(), Some(&", 1 of 4 tests failed"));
        assert_eq!(lines.get(1), Some(&"  first: FAILED"));
        assert_eq!(lines.last(), Some(&"  checks: 3 passed, 1 failed"));
        assert_eq!(lines.len(), 2 + Heard::KEPT);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_fails_is_told_with_its_code_and_what_it_said() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo what it said; exit 3"]);
        let Err(crate::Failure::Failed(why)) = program(command, Duration::from_secs(20)) else { panic!("it failed") };
        assert_eq!(why, "ended with exit status: 3\n  what it said");
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_stopped_at_its_limit_with_all_it_started() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & sleep 60"]);
        let started = Instant::now();
        assert!(program(command, Duration::from_millis(300)).is_err());
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}
