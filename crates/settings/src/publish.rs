//! What is made from the definitions for other people: Group Policy's templates, the table in the deployment page,
//! and the example policy file of the Linux package.

mod group_policy;

use std::fmt::Write as _;

pub use group_policy::{adml, admx};

use crate::{KEYS, Key, Kind, Who};

/// The registry key that policy writes to, below `HKEY_LOCAL_MACHINE`.
pub const POLICY_KEY: &str = r"Software\Policies\RADesk";
/// The registry key that the installer writes to, below `HKEY_LOCAL_MACHINE`.
pub const INSTALLER_KEY: &str = r"Software\RADesk";

/// The table of all settings, in Markdown.
pub fn table() -> String {
    let mut text = String::from(
        "| Setting (registry value) | What it does | What may stand there | Built in | If it is wrong |\n|---|---|---|---|---|\n",
    );
    for key in KEYS {
        let who = if key.who == Who::Anybody { " Users may set it themselves." } else { "" };
        let built_in = key.built_in.map_or_else(|| "none".to_owned(), |value| format!("`{value}`"));
        let if_wrong = match key.if_wrong {
            crate::IfWrong::Refuse => "RA Desk does not start",
            crate::IfWrong::UseBuiltIn => "what is built in applies",
        };
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "| `{}`<br>`{}` ({}) | {}{who} | {} | {built_in} | {if_wrong} |",
            key.name,
            key.registry_name,
            registry_type(key),
            key.meaning,
            markdown_range(key),
        );
    }
    text
}

/// An example policy file in which nothing is set.
pub fn policy_file() -> String {
    let mut text = String::from(
        "# The policy of RA Desk on this computer. Whatever stands here outranks what the installer was told and what\n\
         # the user set. Take the # away in front of a setting to set it. `ra-desk doctor` shows what applies.\n",
    );
    for key in KEYS {
        text.push('\n');
        for line in wrapped(key.meaning, 110) {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "# Takes {}.", key.range());
        if let Kind::OneOf(choices) = key.kind {
            for choice in choices {
                let _ = writeln!(text, "#   {}: {}", choice.word, choice.meaning);
            }
        }
        let _ = writeln!(text, "#{} = {}", key.name, example(key));
    }
    text
}

fn example(key: &Key) -> String {
    let quoted = |text: &str| format!("\"{text}\"");
    match (key.kind, key.built_in) {
        (Kind::YesNo | Kind::Whole { .. }, Some(value)) => value.to_owned(),
        (_, Some(value)) => quoted(value),
        (Kind::Address, None) => quoted("https://"),
        (Kind::File, None) => quoted("/etc/ra-desk/authority.pem"),
        (Kind::Folder, None) => quoted("/media/ra-desk"),
        (Kind::ComputerName, None) => quoted("LAPTOP-0417"),
        _ => quoted(""),
    }
}

fn registry_type(key: &Key) -> &'static str {
    match key.kind {
        Kind::YesNo | Kind::Whole { .. } => "DWORD",
        _ => "SZ",
    }
}

fn markdown_range(key: &Key) -> String {
    let Kind::OneOf(choices) = key.kind else { return key.range() };
    let lines: Vec<_> = choices.iter().map(|choice| format!("`{}`: {}", choice.word, choice.meaning)).collect();
    lines.join("<br>")
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].len() + 1 + word.len() > width {
            lines.push(word.to_owned());
        } else {
            if !lines[last].is_empty() {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    lines
}
