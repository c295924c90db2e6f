//! What the walk saw: a line and a picture a step, and `result.json`.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tests::Outcome;
use tests::window::Window;

/// The report of one walk, written anew after every step.
pub struct Report {
    folder: PathBuf,
    result: WalkResult,
}

#[derive(Serialize)]
struct WalkResult {
    ok: bool,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    name: String,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Report {
    /// Empties the folder of what an earlier walk left, and begins.
    pub fn begin(folder: &Path) -> Outcome<Self> {
        std::fs::create_dir_all(folder)?;
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_file() {
                std::fs::remove_file(path)?;
            }
        }
        let report = Self { folder: folder.to_owned(), result: WalkResult { ok: false, steps: Vec::new() } };
        report.write()?;
        Ok(report)
    }

    /// Where the report is written.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A step that went as it should, with a picture of what a person sees after it.
    pub async fn saw(&mut self, name: &str, window: &Window) -> Outcome {
        // A page that has just appeared may still be drawing.
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        let picture = format!("{:02}-{}.png", self.result.steps.len() + 1, file_name(name));
        window.picture(&self.folder.join(&picture)).await?;
        self.push(Step { name: name.to_owned(), ok: true, picture: Some(picture), why: None })
    }

    /// A fact that was checked without a picture.
    pub fn checked(&mut self, name: &str, holds: bool, why: impl FnOnce() -> String) -> Outcome {
        let why = (!holds).then(why);
        self.push(Step { name: name.to_owned(), ok: holds, picture: None, why })
    }

    /// The walk could not go on.
    pub fn broke_off(&mut self, why: &str) {
        let step = Step { name: "the walk broke off".to_owned(), ok: false, picture: None, why: Some(why.to_owned()) };
        if let Err(error) = self.push(step) {
            println!("result.json cannot be written: {error}");
        }
    }

    /// Judges the walk: all well only if there were steps and each went well.
    pub fn close(mut self) -> Outcome<bool> {
        let steps = &self.result.steps;
        self.result.ok = !steps.is_empty() && steps.iter().all(|step| step.ok);
        self.write()?;
        let failed = self.result.steps.iter().filter(|step| !step.ok).count();
        let pictures = self.result.steps.iter().filter(|step| step.picture.is_some()).count();
        println!("checks: {} passed, {failed} failed", self.result.steps.len() - failed);
        println!("{pictures} pictures and result.json in {}", self.folder.display());
        Ok(self.result.ok)
    }

    fn push(&mut self, step: Step) -> Outcome {
        let number = self.result.steps.len() + 1;
        let verdict = if step.ok { "ok" } else { "FAILED" };
        match &step.why {
            Some(why) => println!("{number:>2} {verdict}  {}: {why}", step.name),
            None => println!("{number:>2} {verdict}  {}", step.name),
        }
        self.result.steps.push(step);
        self.write()
    }

    fn write(&self) -> Outcome {
        std::fs::write(self.folder.join("result.json"), serde_json::to_vec_pretty(&self.result)?)?;
        Ok(())
    }
}

fn file_name(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).take(8).collect();
    words.join("-")
}
