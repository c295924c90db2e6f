//! The house's rules (ARCHITECTURE.md, "Invariants"), each as a check that has been seen to fail.
//!
//! A check is a function from a checkout to what is wrong in it. Every test runs its check twice: over this
//! checkout, where it must find nothing, and over a small one with a planted fault, where it must find it.

mod checks;
mod named;
mod sources;

use std::path::Path;
use std::process::Command;

use sources::Sources;

/// What is wrong, a line each.
type Findings = Vec<String>;

fn here() -> Sources {
    Sources::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")))
}

/// Runs a check over this checkout and over one with a planted fault.
fn holds(check: fn(&Sources) -> Findings, planted: &[(&str, &str)]) {
    let found = check(&here());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    let mut faulty = here();
    for (path, text) in planted {
        faulty.plant(path, text);
    }
    assert!(!check(&faulty).is_empty(), "the check does not find the planted fault");
}

#[test]
fn crates_depend_only_downwards() {
    holds(checks::directions, &[("crates/desk/Cargo.toml", "[dependencies]\ntauri = \"2\"\n")]);
    holds(checks::directions, &[("crates/desk/Cargo.toml", "[dependencies.tauri]\nversion = \"2\"\n")]);
    holds(checks::directions, &[("crates/gateway/Cargo.toml", "[dependencies]\ndesk.workspace = true\n")]);
}

#[test]
fn sql_stands_only_in_stores() {
    holds(checks::sql, &[("crates/desk/src/sync.rs", "fn f() { run(\"SELECT key FROM submission\"); }")]);
}

#[test]
fn each_side_builds_its_http_client_in_one_place() {
    holds(checks::one_client, &[("crates/desk/src/sync.rs", "fn f() { reqwest::Client::builder(); }")]);
}

#[test]
fn the_cipher_key_is_handled_in_one_file() {
    holds(checks::one_key, &[("crates/desk/src/sync.rs", "fn f() { run(\"PRAGMA key = 'x'\"); }")]);
}

#[test]
fn seams_for_time_and_randomness_are_few() {
    holds(
        checks::seams,
        &[("crates/desk/src/sync.rs", "#[expect(clippy::disallowed_methods, reason = \"x\")]\nfn f() {}")],
    );
}

#[test]
fn a_command_is_one_call() {
    let long = format!("#[tauri::command]\n#[specta::specta]\npub async fn x() {{\n{}}}\n", "    step();\n".repeat(12));
    holds(checks::thin_commands, &[("src-tauri/src/commands/x.rs", &long)]);
}

#[test]
fn no_64_bit_number_and_no_secret_crosses_to_the_page() {
    holds(checks::ipc_types, &[("src-tauri/src/ipc/x.rs", "pub struct X {\n    pub count: u64,\n}")]);
    holds(checks::ipc_types, &[("src-tauri/src/ipc/x.rs", "pub struct X {\n    pub access_token: String,\n}")]);
    holds(
        checks::ipc_types,
        &[("src-tauri/src/ipc/x.rs", "pub enum X {\n    Waiting {\n        link_url: String,\n    },\n}")],
    );
}

#[test]
fn commands_handlers_and_capabilities_name_the_same() {
    holds(checks::capabilities, &[("src-tauri/capabilities/agent.json", "{\"permissions\":[\"core:default\"]}")]);
    holds(checks::capabilities, &[("src-tauri/build.rs", "const COMMANDS: &[&str] = &[\n    \"extra\",\n];")]);
}

#[test]
fn only_the_ra_users_window_has_a_capability() {
    const CAPABILITY: &str = "src-tauri/capabilities/agent.json";
    const CONFIG: &str = "src-tauri/tauri.conf.json";
    let (checkout, windows) = (here(), "\"windows\": [");
    for (path, from, to) in [
        (CAPABILITY, windows, "\"windows\": [\"issuer\", "),
        (CAPABILITY, windows, "\"remote\": {}, \"windows\": ["),
        (CAPABILITY, windows, "\"webviews\": [\"issuer\"], \"windows\": ["),
        (CONFIG, "\"capabilities\": [\"agent\"]", "\"capabilities\": [\"agent\", \"more\"]"),
    ] {
        let text = checkout.file(path);
        assert!(text.contains(from), "{path} has {from}");
        holds(checks::capabilities, &[(path, &text.replace(from, to))]);
    }
}

#[test]
fn the_page_is_locked_down() {
    const CONFIG: &str = "src-tauri/tauri.conf.json";
    holds(checks::page_policy, &[(CONFIG, "{\"app\":{\"security\":{\"csp\":null}}}")]);
    let config = here().file(CONFIG).to_owned();
    let policy = config.split_once("\"csp\": {").and_then(|(_, rest)| rest.split_once('}')).expect("a policy").0;
    for directive in policy.lines().map(str::trim).filter(|line| !line.is_empty()) {
        holds(checks::page_policy, &[(CONFIG, &config.replace(directive, ""))]);
    }
    holds(checks::page_policy, &[(CONFIG, &config.replace("\"removeUnusedCommands\": true", ""))]);
}

#[test]
fn the_page_speaks_to_rust_in_one_place() {
    holds(checks::one_bridge, &[("ui/src/routes/X.tsx", "import { invoke } from '@tauri-apps/api/core';")]);
    holds(checks::one_bridge, &[("ui/src/routes/X.tsx", "localStorage.setItem('a', 'b');")]);
}

#[test]
fn nothing_unsent_is_deleted() {
    holds(checks::no_deletion, &[("crates/desk/src/store/x.rs", "const X: &str = \"DELETE FROM submission\";")]);
}

#[test]
fn files_are_readable_in_one_sitting() {
    let long = "// a line\n".repeat(501);
    holds(checks::file_length, &[("crates/desk/src/long.rs", &long)]);
}

#[test]
fn the_project_speaks_of_itself_alone() {
    let home = format!("/{}/somebody/checkout", "home");
    holds(checks::own_words, &[("crates/desk/src/x.rs", &home)]);
    holds(checks::own_words, &[("ui/package-lock.json", "\"resolved\": \"https://mirror.example/x.tgz\"")]);
}

#[test]
fn developer_tools_are_not_in_what_is_shipped() {
    const WINDOW: &str = "src-tauri/src/window/mod.rs";
    const FEATURES: &str = "src-tauri/Cargo.toml";
    let (window, features) = (here().file(WINDOW).to_owned(), here().file(FEATURES).to_owned());
    for planted in [
        (WINDOW, window.replace("cfg!(debug_assertions) &&", "true ||")),
        (WINDOW, window.replace(".devtools(", ".visible(")),
        (
            FEATURES,
            features.replace("tauri = { version = \"2.12\", features = [] }", "tauri = { features = [\"devtools\"] }"),
        ),
        ("Cargo.toml", "[profile.release]\ndebug-assertions = true\n".to_owned()),
    ] {
        holds(checks::developer_tools, &[(planted.0, &planted.1)]);
    }
}

#[test]
fn what_is_shipped_is_built_from_its_lock_file() {
    const DEB: &str = "xtask/src/deb.rs";
    const WINDOWS: &str = "xtask/src/windows/toolchain.rs";
    const WORKFLOW: &str = ".github/workflows/windows.yml";
    for path in [DEB, WINDOWS, WORKFLOW] {
        let text = here().file(path).to_owned();
        holds(checks::locked, &[(path, &text.replace("--locked", ""))]);
    }
}

#[test]
fn what_the_security_page_names_is_there() {
    let page = here().file(named::PAGE).to_owned();
    for fault in ["`a_test_that_nobody_wrote`", "module `a module that nobody wrote`", "`crates/nowhere/src/lib.rs`"] {
        holds(named::security_page, &[(named::PAGE, &format!("{page}\nHeld by {fault}.\n"))]);
    }
    holds(named::security_page, &[(named::PAGE, "Nothing is named.\n<!-- oidc -->\n<!-- /oidc -->\n")]);
}

#[test]
fn the_gateway_ships_without_the_desks_cipher() {
    let tree = tree("gateway");
    let wrong = checks::gateway_tree(&tree);
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(!checks::gateway_tree("gateway v0.1.0\nopenssl-sys v0.9.1\n").is_empty());
    assert!(!checks::gateway_tree("libsqlite3-sys feature \"bundled-sqlcipher\"\n").is_empty());
}

#[test]
fn what_is_shipped_holds_nothing_of_practice() {
    let tree = tree("ra-desk");
    let wrong = checks::shipped_tree(&tree);
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(!checks::shipped_tree("ra-desk v0.1.0\nsandbox v0.1.0\n").is_empty());
}

/// A package's dependencies as it is built alone, with the features of each.
fn tree(package: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["tree", "--offline", "--package", package, "--edges", "normal,features", "--prefix", "none"])
        .output()
        .expect("cargo tree starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints text")
}
