//! What must not be in the gateway: no cipher for its database, no OpenSSL, no second TLS provider.

use std::process::Command;

#[test]
fn the_gateway_ships_without_openssl_sqlcipher_and_ring() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", "gateway", "--edges", "normal,build", "--prefix", "none", "--format", "{p} {f}"])
        .args(["--offline", "--locked", "--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("text");
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    for wanted in ["gateway", "aws-lc-rs", "libsqlite3-sys", "rustls"] {
        assert!(names.contains(&wanted), "the tree is the gateway's: {wanted}");
    }
    for unwanted in ["openssl-sys", "openssl", "openssl-src", "native-tls", "ring"] {
        assert!(!names.contains(&unwanted), "{unwanted} is in the gateway");
    }
    let sqlite = tree.lines().find(|line| line.starts_with("libsqlite3-sys ")).expect("SQLite");
    assert!(!sqlite.contains("sqlcipher"), "{sqlite}");
}
