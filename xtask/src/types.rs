//! The page's TypeScript types, written from Rust's.

use std::time::Duration;

use crate::machine::{Need, cargo, prepare};
use crate::stage::program;
use crate::{Outcome, only_yes};

const HELP: &str = "\
cargo xtask types [--yes]

Writes ui/src/bridge/bindings.ts anew from the Rust types that cross to the page.
`cargo xtask test` fails when that file is not what this command would write.

  --yes   install missing system packages without asking
";

/// Writes the types.
pub(crate) fn types(words: &[String]) -> Outcome {
    let yes = only_yes("types", words, HELP)?;
    prepare(Need::Build, yes)?;
    let mut command = cargo();
    command.args(["test", "--package", "ra-desk", "--features", "practice", "--test", "types"]);
    command.env("RA_DESK_WRITE_TYPES", "1");
    program(command, Duration::from_secs(1800))?;
    Ok(())
}
