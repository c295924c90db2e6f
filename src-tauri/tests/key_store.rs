//! The key store of Windows: what one process keeps another reads, and it never roams.
//!
//! Run under Wine by `cargo xtask test windows`, where Credential Manager writes into the prefix's registry.
#![cfg(windows)]

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use desk::KeyStore;
use keyring_core::api::CredentialStoreApi;
use ra_desk_app::SystemKeyStore;

/// Names the entry that the second process is to look for.
const ASK: &str = "RA_DESK_TEST_ENTRY";
const FOLDER: &str = r"C:\users\agent\AppData\Local\uk.ra-desk.desktop";
const SECRET: &[u8] = b"0123456789abcdef\0123456789abcde";

fn store() -> SystemKeyStore {
    SystemKeyStore::for_folder(Path::new(FOLDER))
}

/// The same entry through the library alone, so that what is tested does not vouch for itself.
fn entry(name: &str) -> keyring_core::Entry {
    let user = format!("{name} of {FOLDER}");
    let library = windows_native_keyring_store::Store::new().unwrap();
    library.build("RA Desk", &user, Some(&HashMap::from([("persistence", "Local")]))).unwrap()
}

/// An entry that goes when the test ends.
struct Kept(String);

impl Kept {
    fn new(test: &str) -> Self {
        Self(format!("{test} {}", std::process::id()))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = entry(&self.0).delete_credential();
    }
}

#[test]
fn an_entry_that_is_not_there_is_none() {
    assert!(store().load("never written").unwrap().is_none());
}

#[test]
fn an_entry_is_read_back_and_replaced() {
    let kept = Kept::new("replaced");
    store().save(&kept.0, SECRET).unwrap();
    assert_eq!(store().load(&kept.0).unwrap().unwrap().as_slice(), SECRET);
    store().save(&kept.0, b"another").unwrap();
    assert_eq!(store().load(&kept.0).unwrap().unwrap().as_slice(), b"another");
}

#[test]
fn another_folder_has_another_entry() {
    let kept = Kept::new("folders");
    store().save(&kept.0, SECRET).unwrap();
    let other = SystemKeyStore::for_folder(Path::new(r"C:\users\second\AppData\Local\uk.ra-desk.desktop"));
    assert!(other.load(&kept.0).unwrap().is_none());
}

/// The default persistence roams with a domain account, while the file that the key opens stays on one computer.
#[test]
fn an_entry_stays_on_this_computer() {
    let kept = Kept::new("roaming");
    store().save(&kept.0, SECRET).unwrap();
    let attributes = entry(&kept.0).get_attributes().unwrap();
    assert_eq!(attributes.get("persistence").map(String::as_str), Some("Local"));
}

#[test]
fn a_second_process_reads_the_entry() {
    if let Ok(name) = std::env::var(ASK) {
        assert_eq!(store().load(&name).unwrap().unwrap().as_slice(), SECRET);
        return;
    }
    let kept = Kept::new("second");
    store().save(&kept.0, SECRET).unwrap();
    // What the other process prints is not this one's result.
    let asked = |name: &str| {
        let mut second = Command::new(std::env::current_exe().unwrap());
        second.args(["--exact", "a_second_process_reads_the_entry"]).env(ASK, name).output().unwrap()
    };
    assert!(asked(&kept.0).status.success());
    assert!(!asked("never written").status.success(), "the second process does not look");
}
