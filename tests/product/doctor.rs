//! `ra-desk doctor`, the real program, without a window: what it finds, what it says, and what it leaves alone.

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tests::desktop::Desktop;
use tests::practice::Practice;
use tests::{Outcome, programs};

/// A computer with a key store, and a home of its own.
struct Computer {
    home: tempfile::TempDir,
    desktop: Desktop,
}

impl Computer {
    fn start() -> Outcome<Self> {
        let home = tempfile::tempdir()?;
        let desktop = Desktop::start(home.path())?;
        Ok(Self { home, desktop })
    }

    fn ask(&self, settings: &Path, words: &[&str]) -> Outcome<Output> {
        let mut command = self.desktop.command(&programs::desk()?);
        command.args(words).env("RA_DESK_SETTINGS", settings).env_remove("DISPLAY");
        Ok(command.output()?)
    }

    /// The report, and the exit code.
    fn report(&self, settings: &Path) -> Outcome<(Value, Option<i32>)> {
        let output = self.ask(settings, &["doctor", "--json"])?;
        let report = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stdout)))?;
        Ok((report, output.status.code()))
    }
}

fn state<'a>(report: &'a Value, check: &str) -> &'a str {
    let checks = report["checks"].as_array().expect("checks");
    let found = checks.iter().find(|found| found["check"] == check).unwrap_or_else(|| panic!("{check}: {report}"));
    found["state"].as_str().expect("a word")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_is_well_and_what_is_not() -> Outcome {
    let mut practice = Practice::start().await?;
    let computer = Computer::start()?;
    let settings = practice.layout().desk_settings.clone();
    let (report, code) = computer.report(&settings)?;
    for check in [
        "web_view",
        "settings",
        "key_store",
        "data_folder",
        "profile",
        "disk_space",
        "store",
        "gateway",
        "issuer",
        "clock",
    ] {
        assert_eq!(state(&report, check), "good", "{check}: {report}");
    }
    assert_eq!((report["verdict"].as_str(), code), (Some("works"), Some(0)));
    assert_eq!(report["network"][0]["signed_by"], "private", "the practice authority is no public one");
    assert_eq!(report["queue"], Value::Null, "there is no store yet");
    let left = computer.home.path().join(".local/share/uk.ra-desk.desktop");
    assert!(!left.exists(), "the doctor made {}", left.display());

    practice.cut_gateway().await;
    let (report, code) = computer.report(&settings)?;
    assert_eq!((state(&report, "gateway"), state(&report, "issuer")), ("bad", "good"));
    assert_eq!((report["verdict"].as_str(), code), (Some("does_not_work"), Some(1)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_which_setting_is_wrong_and_where() -> Outcome {
    let practice = Practice::start().await?;
    let computer = Computer::start()?;
    let good = std::fs::read_to_string(&practice.layout().desk_settings)?;
    let folder = &practice.layout().dir;
    for (text, expected, code) in [
        (format!("idle_minutes = 240\n{good}"), "warning", 3),
        (format!("colour = \"blue\"\n{good}"), "warning", 3),
        (good.replace("https://localhost", "ftp://localhost"), "bad", 1),
        (good.replace("client_id", "client"), "bad", 1),
        ("gateway_url = ".to_owned(), "bad", 1),
    ] {
        let file = folder.join("other-desk.toml");
        std::fs::write(&file, &text)?;
        let (report, found) = computer.report(&file)?;
        let states: Vec<_> = report["checks"].as_array().expect("checks").iter().map(|check| &check["state"]).collect();
        assert!(states.iter().any(|state| *state == expected), "{text}: {report}");
        assert_eq!(found, Some(code), "{text}: {report}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_answers_without_a_window_and_says_nothing_of_the_account() -> Outcome {
    let practice = Practice::start().await?;
    let computer = Computer::start()?;
    let settings = &practice.layout().desk_settings;
    let version = computer.ask(settings, &["--version"])?;
    assert_eq!(String::from_utf8_lossy(&version.stdout), format!("ra-desk {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(computer.ask(settings, &["--help"])?.status.code(), Some(0));
    assert_eq!(computer.ask(settings, &["doctr"])?.status.code(), Some(2));
    for words in [&["doctor"][..], &["diagnostics"][..]] {
        let output = computer.ask(settings, words)?;
        assert_eq!(output.status.code(), Some(0));
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("web_view"), "{said}");
        // The home folder's name is the account's.
        assert!(!said.contains(&computer.home.path().display().to_string()), "{said}");
    }
    Ok(())
}
