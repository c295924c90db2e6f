//! Every input of the corpus, thrown at its target.

use std::collections::BTreeSet;
use std::panic::catch_unwind;

use fuzz::{TARGETS, corpus};

#[test]
fn every_target_takes_what_it_should_and_nothing_of_the_corpus_breaks_it() {
    let mut broken = Vec::new();
    for (name, target) in TARGETS {
        let (mut taken, mut refused) = (0, 0);
        for entry in std::fs::read_dir(corpus(name)).unwrap_or_else(|_| panic!("{name} has no corpus")) {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            match catch_unwind(|| target(&bytes)) {
                Ok(true) => taken += 1,
                Ok(false) => refused += 1,
                Err(_) => broken.push(path.display().to_string()),
            }
        }
        println!("{name:<16} {taken:>4} taken, {refused:>4} refused");
        // A corpus of which nothing is taken tries what stands at the door, and nothing behind it.
        if taken == 0 || refused == 0 {
            broken.push(format!("{name}: {taken} taken, {refused} refused"));
        }
    }
    assert!(broken.is_empty(), "these break their targets: {broken:#?}");
}

#[test]
fn every_folder_of_the_corpus_has_its_target() {
    // Only built where there is a web view.
    let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| *name).chain(["ipc"]).map(str::to_owned).collect();
    let folders = std::fs::read_dir(corpus("")).unwrap().map(|entry| entry.unwrap());
    let folders = folders.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap());
    assert_eq!(folders.collect::<BTreeSet<_>>(), known);
}

/// What `contract` has for the wire is all thrown at.
#[test]
fn every_body_of_the_contract_is_a_target() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/contract/src");
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) else { continue };
        let mut is_read = false;
        for line in text.lines() {
            if line.starts_with("#[derive(") {
                is_read = line.contains("Deserialize");
            }
            let Some(name) = line.strip_prefix("pub struct ").or(line.strip_prefix("pub enum ")) else { continue };
            let name = name.split([' ', '<', '(']).next().unwrap();
            let kinds = ["Request", "Reply", "Outcome", "Body", "Receipt", "Record"];
            if is_read && kinds.iter().any(|kind| name.ends_with(kind)) {
                found += 1;
                assert!(fuzz::is_a_body(name), "{name} is no target: add it to tests/fuzz/src/wire.rs");
            }
        }
    }
    assert!(found > 15, "only {found} bodies were found");
}

/// What the page may ask for is all tried, with all that it is asked with.
#[cfg(feature = "page")]
#[test]
fn every_command_of_the_page_is_a_target() {
    let bindings = include_str!("../../../ui/src/bridge/bindings.ts");
    let mut asked = Vec::new();
    for line in bindings.lines() {
        let Some((_, call)) = line.split_once("__TAURI_INVOKE(\"") else { continue };
        let (name, rest) = call.split_once('"').unwrap();
        if let Some((_, takes)) = rest.split_once("{ ") {
            let takes = takes.split_once(" }").unwrap().0;
            asked.push((name.to_owned(), takes.split(", ").map(str::to_owned).collect::<Vec<_>>()));
        }
    }
    assert!(asked.len() > 10, "only {} commands were found", asked.len());
    let known = ra_desk_app::fuzzing::COMMANDS.iter();
    let mut known: Vec<_> = known
        .map(|(name, takes, _)| ((*name).to_owned(), takes.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>()))
        .collect();
    asked.sort();
    known.sort();
    assert_eq!(known, asked);
}
