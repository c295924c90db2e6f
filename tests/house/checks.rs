//! What is looked for. Each check takes the sources and gives back what is wrong in them.

use std::collections::BTreeSet;

use super::Findings;
use super::sources::{Sources, without_tests};

/// Which of the house's own crates each may use, and which outside crates it may not.
const DIRECTIONS: &[(&str, &[&str], &[&str])] = &[
    ("crates/contract", &[], &["tokio", "reqwest", "rusqlite", "axum", "tauri"]),
    ("crates/names", &[], &["tokio", "reqwest", "rusqlite", "axum", "tauri"]),
    ("crates/settings", &["contract"], &["tokio", "reqwest", "rusqlite", "axum", "tauri", "windows"]),
    (
        "crates/desk",
        &["contract", "names", "settings"],
        &["tauri", "keyring-core", "keyring", "windows", "windows-sys", "zbus-secret-service-keyring-store", "axum"],
    ),
    ("crates/gateway", &["contract", "names"], &["tauri", "keyring-core", "openidconnect"]),
    ("crates/sandbox", &["contract", "names", "gateway"], &["tauri", "rusqlite"]),
    ("src-tauri", &["contract", "desk", "settings"], &["rusqlite", "reqwest", "axum"]),
    ("xtask", &[], &["serde", "tokio", "clap"]),
];
const OWN: &[&str] = &["contract", "names", "settings", "desk", "gateway", "sandbox", "ra-desk", "tests", "benches"];

pub fn directions(sources: &Sources) -> Findings {
    let mut found = Vec::new();
    for (folder, own, banned) in DIRECTIONS {
        let manifest = sources.file(&format!("{folder}/Cargo.toml"));
        // Tests of a crate may use more than the crate does.
        for dependency in dependencies(manifest) {
            if OWN.contains(&dependency.as_str()) && !own.contains(&dependency.as_str()) {
                found.push(format!("{folder} depends on {dependency}"));
            }
            if banned.contains(&dependency.as_str()) {
                found.push(format!("{folder} depends on {dependency}, which it must not know"));
            }
        }
    }
    found
}

fn dependencies(manifest: &str) -> Vec<String> {
    let mut in_dependencies = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]") && !line.contains("dev-dependencies");
            // A table of its own for one dependency.
            found
                .extend(line.strip_prefix("[dependencies.").and_then(|rest| rest.strip_suffix(']')).map(str::to_owned));
        } else if in_dependencies && let Some(name) = line.split(['=', '.', ' ']).next().filter(|name| !name.is_empty())
        {
            found.push(name.to_owned());
        }
    }
    found
}

pub fn sql(sources: &Sources) -> Findings {
    const WORDS: &[&str] =
        &["SELECT ", "INSERT INTO", "INSERT OR", "DELETE FROM", "CREATE TABLE", "PRAGMA ", "BEGIN IMMEDIATE"];
    sources
        .product()
        .filter(|(path, _)| !path.contains("/store/") && !path.ends_with("/store.rs"))
        .filter(|(_, text)| code_lines(without_tests(text)).any(|line| WORDS.iter().any(|word| line.contains(word))))
        .map(|(path, _)| format!("{path} holds SQL"))
        .collect()
}

/// Lines that are not comments.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

pub fn one_client(sources: &Sources) -> Findings {
    ["crates/desk/", "crates/gateway/", "crates/sandbox/", "src-tauri/"]
        .iter()
        .filter_map(|side| {
            let places: Vec<&str> = sources
                .product()
                .filter(|(path, _)| path.starts_with(side))
                .flat_map(|(path, text)| {
                    let times = without_tests(text).matches("Client::builder(").count()
                        + without_tests(text).matches("Client::new()").count();
                    std::iter::repeat_n(path, times)
                })
                .collect();
            (places.len() > 1).then(|| format!("{side} builds more than one client: {}", places.join(", ")))
        })
        .collect()
}

pub fn one_key(sources: &Sources) -> Findings {
    let places: Vec<&str> = sources
        .product()
        .filter(|(_, text)| {
            code_lines(without_tests(text)).any(|line| {
                let line = line.to_ascii_lowercase();
                line.contains("pragma key")
                    || line.contains("\"key\"") && line.contains("pragma")
                    || line.contains("sqlite3_key")
            })
        })
        .map(|(path, _)| path)
        .collect();
    if places.len() > 1 { vec![format!("the cipher key is handled in {}", places.join(", "))] } else { Vec::new() }
}

pub fn seams(sources: &Sources) -> Findings {
    const SEAMS: &[&str] = &[
        "crates/desk/src/clock.rs",
        "crates/desk/src/random.rs",
        "crates/desk/src/network/client.rs",
        "crates/gateway/src/clock.rs",
        "crates/gateway/src/random.rs",
        "crates/gateway/src/outgoing.rs",
        // The practice world starts its one client where it starts itself.
        "crates/sandbox/src/serve.rs",
    ];
    sources
        .product()
        .filter(|(path, _)| !SEAMS.contains(path))
        .filter(|(_, text)| code_lines(without_tests(text)).any(|line| line.contains("clippy::disallowed_methods")))
        .map(|(path, _)| format!("{path} is not a seam, and lets itself use one"))
        .collect()
}

pub fn thin_commands(sources: &Sources) -> Findings {
    let mut found = Vec::new();
    for (path, text) in sources.files(|path| path.starts_with("src-tauri/src/") && path.ends_with(".rs")) {
        for part in text.split("#[tauri::command]").skip(1) {
            let Some(end) = part.find("\n}") else { continue };
            let Some(start) = part[..end].find("{\n") else { continue };
            let lines = part[start..end].lines().count() - 1;
            if lines > 6 {
                let name = part.split("fn ").nth(1).and_then(|rest| rest.split(['(', '<']).next()).unwrap_or("?");
                found.push(format!("{path}: {name} has {lines} lines; a command is one call and one conversion"));
            }
        }
    }
    found
}

pub fn ipc_types(sources: &Sources) -> Findings {
    let mut found = Vec::new();
    for (path, text) in sources.files(|path| path.starts_with("src-tauri/src/ipc")) {
        for line in code_lines(text) {
            // Fields of structs and of enum variants alike.
            let field = line.trim().strip_prefix("pub ").unwrap_or(line.trim());
            let is_field = field.split_once(": ").is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
            });
            if !is_field {
                continue;
            }
            for wide in ["u64", "i64", "usize", "isize", "u128", "i128"] {
                if field.contains(&format!(": {wide}")) || field.contains(&format!("<{wide}")) {
                    found.push(format!("{path}: a 64-bit number crosses: {field}"));
                }
            }
            let name = field.split(':').next().unwrap_or_default();
            for secret in ["token", "pin", "secret", "url", "cipher", "verifier"] {
                if name.split('_').any(|word| word == secret) {
                    found.push(format!("{path}: a secret crosses: {name}"));
                }
            }
        }
    }
    found
}

pub fn capabilities(sources: &Sources) -> Findings {
    let built: BTreeSet<String> = quoted(between(sources.file("src-tauri/build.rs"), "COMMANDS: &[&str] = &[", "];"));
    let handled: BTreeSet<String> = sources
        .files(|path| path.starts_with("src-tauri/src/commands") && path.ends_with(".rs"))
        .flat_map(|(_, text)| {
            text.split("#[tauri::command]")
                .skip(1)
                .filter_map(|part| Some(part.split("fn ").nth(1)?.split(['(', '<']).next()?.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect();
    let mut found = Vec::new();
    if built != handled {
        let apart: Vec<_> = built.symmetric_difference(&handled).cloned().collect();
        found.push(format!("build.rs and the handlers differ in: {}", apart.join(", ")));
    }
    let mut allowed = BTreeSet::new();
    for (path, text) in sources.files(|path| path.starts_with("src-tauri/capabilities/")) {
        let windows = quoted(between(text, "\"windows\"", "]"));
        if windows != BTreeSet::from(["windows".to_owned(), "agent".to_owned()]) {
            found.push(format!("{path} is for other windows than the RA user's"));
        }
        for wider in ["\"webviews\"", "\"remote\"", "\"urls\""] {
            if text.contains(wider) {
                found.push(format!("{path} has {wider}"));
            }
        }
        for permission in quoted(between(text, "\"permissions\"", "]")) {
            match permission.strip_prefix("allow-") {
                Some(command) => {
                    allowed.insert(command.replace('-', "_"));
                }
                None if ["permissions", "core:event:allow-listen", "core:event:allow-unlisten"]
                    .contains(&permission.as_str()) => {}
                None => found.push(format!("{path} allows {permission}")),
            }
        }
    }
    if !sources.file("src-tauri/tauri.conf.json").contains("\"capabilities\": [\"agent\"]") {
        found.push("tauri.conf.json takes other capabilities than that of the RA user's window".to_owned());
    }
    if allowed != built {
        let apart: Vec<_> = built.symmetric_difference(&allowed).cloned().collect();
        found.push(format!("build.rs and the capabilities differ in: {}", apart.join(", ")));
    }
    found
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let Some(from) = text.find(start) else { return "" };
    let rest = &text[from..];
    rest.find(end).map_or(rest, |to| &rest[..to])
}

fn quoted(text: &str) -> BTreeSet<String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

pub fn page_policy(sources: &Sources) -> Findings {
    let config = sources.file("src-tauri/tauri.conf.json");
    let mut found = Vec::new();
    for needed in [
        "\"default-src\": \"'none'\"",
        "\"script-src\": \"'self'\"",
        "\"style-src\": \"'self'\"",
        "\"connect-src\": \"ipc: http://ipc.localhost\"",
        "\"frame-ancestors\": \"'none'\"",
        "\"object-src\": \"'none'\"",
        "\"form-action\": \"'none'\"",
        "\"base-uri\": \"'none'\"",
        "\"img-src\": \"'self' data:\"",
        "\"font-src\": \"'self'\"",
        "\"freezePrototype\": true",
        "\"withGlobalTauri\": false",
        "\"removeUnusedCommands\": true",
    ] {
        if !config.contains(needed) {
            found.push(format!("tauri.conf.json lacks {needed}"));
        }
    }
    for banned in ["unsafe-inline", "unsafe-eval", "dangerous", "https://*", "http://*"] {
        if config.contains(banned) {
            found.push(format!("tauri.conf.json has {banned}"));
        }
    }
    found
}

/// Developer tools: every window says whether it has them, none has them in what is shipped, and no feature of Tauri puts
/// them there all the same.
pub fn developer_tools(sources: &Sources) -> Findings {
    let mut found = Vec::new();
    let mut windows = 0;
    for (path, text) in sources.files(|path| path.starts_with("src-tauri/src/") && path.ends_with(".rs")) {
        let made = code_lines(text).filter(|line| line.contains("WebviewWindowBuilder::new(")).count();
        let closed = [".devtools(false)", ".devtools(cfg!(debug_assertions) &&"];
        let said = code_lines(text).filter(|line| closed.iter().any(|words| line.contains(words))).count();
        windows += made;
        if made != said || text.contains("open_devtools") {
            found.push(format!("{path} makes {made} windows, and closes the developer tools of {said}"));
        }
    }
    if windows < 2 {
        found.push(format!("only {windows} windows are known"));
    }
    for (path, text) in sources.files(|path| path.ends_with("Cargo.toml") || path == "src-tauri/tauri.conf.json") {
        for banned in ["devtools", "debug-assertions"] {
            if text.contains(banned) {
                found.push(format!("{path} has {banned}"));
            }
        }
    }
    found
}

pub fn one_bridge(sources: &Sources) -> Findings {
    let mut found = Vec::new();
    for (path, text) in
        sources.files(|path| path.starts_with("ui/src/") && (path.ends_with(".ts") || path.ends_with(".tsx")))
    {
        if text.contains("@tauri-apps/") && !path.starts_with("ui/src/bridge/") {
            found.push(format!("{path} speaks to Rust past the bridge"));
        }
        for kept in ["localStorage", "sessionStorage", "indexedDB", "document.cookie"] {
            if code_lines(text).any(|line| line.contains(kept)) {
                found.push(format!("{path} keeps something in the web view: {kept}"));
            }
        }
        for outside in ["fetch(", "XMLHttpRequest", "new WebSocket", "dangerouslySetInnerHTML", "eval("] {
            if code_lines(text).any(|line| line.contains(outside)) {
                found.push(format!("{path} uses {outside}"));
            }
        }
    }
    found
}

pub fn no_deletion(sources: &Sources) -> Findings {
    sources
        .files(|path| {
            let written = path.ends_with(".rs") && !path.ends_with("/tests.rs") || path.ends_with(".sql");
            path.starts_with("crates/desk/src/") && written
        })
        // Rows of an audit that ended are moved, in one transaction: what is taken out is copied first.
        .filter(|(path, text)| {
            let moves = ["INSERT INTO audit_before", "INSERT INTO audit_receipt_before"];
            !(path.ends_with("store/audit/succession.rs") && moves.iter().all(|words| text.contains(words)))
        })
        .filter(|(_, text)| {
            let text = without_tests(text).to_ascii_lowercase();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            ["delete from submission", "delete from audit", "drop table submission", "drop table audit"]
                .iter()
                .any(|words| text.contains(words))
        })
        .map(|(path, _)| format!("{path} deletes what must be kept"))
        .collect()
}

pub fn file_length(sources: &Sources) -> Findings {
    sources
        .files(|path| {
            let written = [".rs", ".ts", ".tsx", ".scss", ".mjs", ".sql", ".sh"].iter().any(|end| path.ends_with(end));
            written && !path.ends_with("bridge/bindings.ts")
        })
        .filter(|(_, text)| {
            text.lines().count() > 500 && !text.lines().take(12).any(|line| line.contains("Long because"))
        })
        .map(|(path, text)| format!("{path} has {} lines and does not say why", text.lines().count()))
        .collect()
}

/// Where what is shipped is built: a lock file that is older than its manifest is not brought up to date on the way.
pub fn locked(sources: &Sources) -> Findings {
    let builds = |path: &str, line: &str| match path {
        ".github/workflows/windows.yml" => line.contains("-- ") && line.contains("vendored-openssl,custom-protocol"),
        "xtask/src/windows/toolchain.rs" => line.contains("args([verb"),
        _ => path.starts_with("xtask/src/") && line.contains("\"build\", \"--release\""),
    };
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, text) in sources.files(|path| path.starts_with("xtask/src/") || path.starts_with(".github/")) {
        for line in text.lines().filter(|line| builds(path, line)) {
            seen.insert(path);
            if !line.contains("--locked") {
                found.push(format!("{path} builds without --locked: {}", line.trim()));
            }
        }
    }
    if seen.len() < 3 {
        found.push(format!("only these are known to build what is shipped: {seen:?}"));
    }
    found
}

pub fn own_words(sources: &Sources) -> Findings {
    let mut found = Vec::new();
    for (path, text) in sources.files(|path| !path.starts_with("tests/house/")) {
        for (number, line) in text.lines().enumerate() {
            let folder = ["/home/", "/work/", "/Users/"].iter().find(|folder| line.contains(**folder));
            if let Some(folder) = folder {
                found.push(format!("{path}:{}: a folder of some machine: {folder}", number + 1));
            }
        }
    }
    for (path, text) in sources.files(|path| path.ends_with("package-lock.json") || path.ends_with("Cargo.lock")) {
        for line in text.lines() {
            let resolved = line.contains("\"resolved\"") && !line.contains("https://registry.npmjs.org/");
            let source = line.starts_with("source = ")
                && line != "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
            if resolved || source {
                found.push(format!("{path} names another registry: {}", line.trim()));
            }
        }
    }
    found
}

pub fn gateway_tree(tree: &str) -> Findings {
    tree.lines()
        .filter(|line| {
            line.starts_with("openssl-sys v")
                || line.starts_with("openssl v")
                || line.contains("sqlcipher")
                || line.starts_with("ring v")
        })
        .map(str::to_owned)
        .collect()
}

pub fn shipped_tree(tree: &str) -> Findings {
    tree.lines()
        .filter(|line| {
            let package = line.split(' ').next().unwrap_or_default();
            ["sandbox", "gateway", "tests", "benches", "thirtyfour", "ring"].contains(&package)
                || line.contains("feature \"practice\"")
                || line.contains("feature \"measure\"")
        })
        .map(str::to_owned)
        .collect()
}
