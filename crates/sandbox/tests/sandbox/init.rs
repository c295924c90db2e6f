//! Making a practice folder.

use std::collections::BTreeMap;
use std::path::Path;

use gateway::directory_file::DirectoryRecord;
use sandbox::{DeskSettings, InitError, Options, Ports};

fn small(ports: Ports) -> Options {
    Options { people: 120, seed: 3, ports, ..Options::default() }
}

fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn the_same_again_changes_nothing_and_what_is_missing_comes_back() {
    for ports in [Ports::Free, Ports::Fixed(19_400)] {
        let dir = tempfile::tempdir().unwrap();
        sandbox::init(dir.path(), small(ports)).unwrap();
        let before = contents(dir.path());
        sandbox::init(dir.path(), small(ports)).unwrap();
        assert!(contents(dir.path()) == before, "something changed");

        for name in ["desk.toml", "gateway.toml", "people.jsonl", "world.json", "gateway-jwks.json"] {
            std::fs::remove_file(dir.path().join(name)).unwrap();
            sandbox::init(dir.path(), small(ports)).unwrap();
            assert!(contents(dir.path()) == before, "{name} came back otherwise");
        }
        std::fs::remove_file(dir.path().join("gateway-cert.pem")).unwrap();
        sandbox::init(dir.path(), small(ports)).unwrap();
        let after = contents(dir.path());
        for name in ["ca.pem", "gateway-cert.pem", "gateway-key.pem"] {
            assert_ne!(after[name], before[name], "{name} is of one set");
        }
        assert_eq!(after["gateway-client-key.pem"], before["gateway-client-key.pem"]);
    }
}

#[test]
fn another_world_in_the_same_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    sandbox::init(dir.path(), small(Ports::Free)).unwrap();
    let before = contents(dir.path());
    for other in [
        Options { seed: 4, ..small(Ports::Free) },
        Options { people: 121, ..small(Ports::Free) },
        small(Ports::Fixed(19_400)),
        Options { host: "localhost".to_owned(), ..small(Ports::Free) },
    ] {
        let refused = sandbox::init(dir.path(), other);
        assert!(matches!(refused, Err(InitError::AnotherWorld { .. })), "{refused:?}");
    }
    assert!(contents(dir.path()) == before);

    std::fs::write(dir.path().join("sandbox.toml"), "listen = 1").unwrap();
    let refused = sandbox::init(dir.path(), small(Ports::Free));
    assert!(matches!(refused, Err(InitError::NotUnderstood { .. })), "{refused:?}");
}

#[test]
fn hosts_and_ports_that_cannot_be_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for host in ["10.0.0.1", "0.0.0.0", "practice.example", ""] {
        let refused = sandbox::init(dir.path(), Options { host: host.to_owned(), ..small(Ports::Free) });
        assert!(matches!(refused, Err(InitError::NotThisComputer)), "{host}");
    }
    for base in [0, 80, 65_500] {
        let refused = sandbox::init(dir.path(), small(Ports::Fixed(base)));
        assert!(matches!(refused, Err(InitError::PortsOutOfRange)), "{base}");
    }
    assert!(contents(dir.path()).is_empty());
}

#[test]
fn every_file_is_what_its_reader_expects() {
    let dir = tempfile::tempdir().unwrap();
    let layout = sandbox::init(dir.path(), small(Ports::Fixed(19_400))).unwrap();
    let config = gateway::Config::read(&layout.gateway_config).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:19443");
    assert_eq!(config.public_url, "https://localhost:19443");
    assert_eq!(config.issuer.url, "http://127.0.0.1:19400/cis2");
    assert_eq!(config.nhs_net.url, "http://127.0.0.1:19400/nhsnet");
    assert_eq!(config.link.public_url, "http://127.0.0.1:19404");
    assert_eq!(config.link.listen.unwrap().to_string(), "127.0.0.1:19404");
    let returns = ["http://127.0.0.1:19411/callback", "http://127.0.0.1:19412/callback"];
    assert_eq!(config.issuer.redirect_uris, returns);

    let desk: DeskSettings = toml::from_str(&std::fs::read_to_string(&layout.desk_settings).unwrap()).unwrap();
    assert_eq!(desk.redirect_ports, "19411 19412");
    assert_eq!(desk.gateway_url, config.public_url);
    assert_eq!(desk.trust, "only");
    assert!(layout.dir.join(&desk.trust_ca).exists());

    let people = std::fs::read_to_string(dir.path().join("people.jsonl")).unwrap();
    let records: Vec<DirectoryRecord> = people.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let profiles = records.iter().filter(|record| matches!(record, DirectoryRecord::Profile { .. })).count();
    assert_eq!(profiles, 120);

    for url in ["localhost", "::1"] {
        let dir = tempfile::tempdir().unwrap();
        let layout =
            sandbox::init(dir.path(), Options { host: url.to_owned(), ..small(Ports::Fixed(19_400)) }).unwrap();
        gateway::Config::read(&layout.gateway_config).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn secrets_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    sandbox::init(dir.path(), small(Ports::Free)).unwrap();
    for name in ["gateway-client-key.pem", "gateway-key.pem", "gateway.toml", "sandbox.toml"] {
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let all: Vec<u8> = contents(dir.path()).into_values().flatten().collect();
    let private_keys = all.windows(11).filter(|bytes| bytes == b"PRIVATE KEY").count();
    assert_eq!(private_keys, 4, "two keys, begin and end: the authority's own key is nowhere");
}
