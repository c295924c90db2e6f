//! What the page asks for: a command in the first line, and what it is called with.

use ra_desk_app::fuzzing::COMMANDS;

/// One call.
pub fn asked(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Some((name, asked)) = text.split_once('\n') else { return false };
    let Ok(asked) = serde_json::from_str(asked) else { return false };
    let Some((_, takes, read)) = COMMANDS.iter().find(|(command, ..)| *command == name) else { return false };
    let taken = read(&asked) == Some(true);
    assert!(!taken || takes.iter().all(|one| asked.get(one).is_some()), "taken without what it is called with");
    taken
}
