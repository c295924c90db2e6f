//! What is made from the definitions of settings: Group Policy's template, the example policy, the table of settings.

use std::time::Duration;

use crate::machine::{Need, cargo, prepare};
use crate::stage::program;
use crate::{Outcome, only_yes};

const HELP: &str = "\
cargo xtask policy [--yes]

Writes packaging/windows/admx, packaging/linux/policy.toml and the table in docs/deployment.md anew from the
definitions in crates/settings. `cargo xtask test` fails when one of them is not what this command would write.

  --yes   install missing system packages without asking
";

/// Writes the files.
pub(crate) fn policy(words: &[String]) -> Outcome {
    let yes = only_yes("policy", words, HELP)?;
    prepare(Need::Build, yes)?;
    let mut command = cargo();
    command.args(["test", "--package", "settings", "--test", "published"]);
    command.env("RA_DESK_WRITE_POLICY", "1");
    program(command, Duration::from_secs(1800))?;
    Ok(())
}
