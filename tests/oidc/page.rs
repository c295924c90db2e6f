//! The tables of `docs/security.md`, written from the modules themselves.

use std::fmt::Write as _;

use tests::Outcome;

use crate::table::Group;

const BEFORE: &str = "<!-- oidc -->\n";
const AFTER: &str = "<!-- /oidc -->";

/// Whether the page says what the modules say. Writes it where that is asked for.
pub fn check(groups: &[Group]) -> Outcome {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security.md");
    let kept = std::fs::read_to_string(file)?;
    let parts = kept.split_once(BEFORE).and_then(|(head, rest)| Some((head, rest.split_once(AFTER)?)));
    let (head, (shown, tail)) = parts.ok_or("docs/security.md has no place for the modules")?;
    let wanted = tables(groups)?;
    if shown == wanted {
        return Ok(());
    }
    if std::env::var_os("RA_DESK_WRITE_TYPES").is_some() {
        return Ok(std::fs::write(file, format!("{head}{BEFORE}{wanted}{AFTER}{tail}"))?);
    }
    Err("docs/security.md is stale: RA_DESK_WRITE_TYPES=1 cargo xtask test oidc writes it".into())
}

fn tables(groups: &[Group]) -> Outcome<String> {
    let mut text = String::new();
    for group in groups {
        write!(text, "\n### {} ({})\n\n", group.title, group.modules.len())?;
        text.push_str("| module | played by | what must come of it |\n| --- | --- | --- |\n");
        for module in group.modules {
            text.push_str(&module.line());
        }
    }
    text.push('\n');
    Ok(text)
}
