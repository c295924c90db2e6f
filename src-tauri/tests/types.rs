//! The page's types are what Rust says they are.

use specta_typescript::Typescript;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/bridge/bindings.ts");

#[test]
fn bindings_are_fresh() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fresh = folder.path().join("bindings.ts");
    ra_desk_app::builder()
        .export(
            Typescript::default().header("// Written by `cargo xtask types` from the Rust types. Not to be edited.\n"),
            &fresh,
        )
        .expect("the types are written");
    let fresh = std::fs::read_to_string(fresh).expect("the types are read back");
    if std::env::var_os("RA_DESK_WRITE_TYPES").is_some() {
        std::fs::write(FILE, &fresh).expect("bindings.ts is written");
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(kept == fresh, "ui/src/bridge/bindings.ts is stale: run `cargo xtask types`");
}
