//! Short texts: the browser's way back, how long to wait, settings and configurations.

use desk::fuzzing::{self, PORT, STATE};
use settings::{Layer, RawLayer, Resolution, Who};

/// A request's head, as it arrives at the listener on this computer.
pub fn callback(bytes: &[u8]) -> bool {
    let Ok(head) = std::str::from_utf8(bytes) else { return false };
    let Some(taken) = fuzzing::callback(head) else { return false };
    let target = head.strip_prefix("GET /callback?").expect("nothing else is taken").split(' ').next().unwrap_or("");
    let said = |name: &str| -> Vec<String> {
        let pairs = url::form_urlencoded::parse(target.as_bytes());
        pairs.filter(|(found, _)| found == name).map(|(_, value)| value.into_owned()).collect()
    };
    assert_eq!(said("state"), [STATE], "taken without the state, once");
    assert!(taken.code.is_some() != taken.error.is_some(), "taken with a code and an error, or with neither");
    assert!(taken.code.iter().all(|code| said("code") == [code.as_str()]), "another code than was said");
    let host = format!("127.0.0.1:{PORT}");
    let hosts = head.lines().filter_map(|line| line.split_once(':'));
    let mut hosts = hosts.filter(|(name, _)| name.eq_ignore_ascii_case("host"));
    assert!(hosts.all(|(_, value)| value.trim() == host), "taken for another host");
    true
}

/// `Retry-After`.
pub fn retry_after(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (asked, most) = fuzzing::retry_after(text);
    assert!(asked.is_none_or(|asked| asked <= most), "a pause longer than may be asked for");
    asked.is_some()
}

/// A policy's file, and a user's beside a policy that says it all.
pub fn settings(bytes: &[u8]) -> bool {
    const POLICY: &str = "gateway_url = \"https://gateway.example\"\n\
                          issuer_url = \"https://issuer.example:443/x\"\nclient_id = \"ra-desk\"\n";
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let layer = |layer, text| RawLayer::from_toml(layer, "made up", text);
    let alone = Resolution::of_machine([layer(Layer::Policy, text)]);
    // Said to people, whatever it is.
    let values = alone.settings().iter().map(|one| one.value.as_ref().map(ToString::to_string).unwrap_or_default());
    let said = alone.faults().iter().map(settings::Fault::message).chain(values);
    assert!(said.count() >= settings::KEYS.len(), "a key is not told of");
    if let Ok(desk) = alone.desk() {
        let is_safe = desk.gateway_url.scheme() == "https" || settings::is_loopback(&desk.gateway_url);
        assert!(is_safe, "a gateway without TLS");
    }
    let both = Resolution::of_machine([layer(Layer::Policy, POLICY), layer(Layer::User, text)]);
    for one in both.settings().iter().filter(|one| one.key.who == Who::Managed) {
        assert_ne!(one.layer, Layer::User, "a user has set what only policy sets");
    }
    let desk = both.desk().expect("no user's file keeps RA Desk from starting");
    assert_eq!((desk.gateway_url.as_str(), desk.client_id.as_str()), ("https://gateway.example/", "ra-desk"));
    alone.unreadable().is_empty() && alone.faults().is_empty()
}

/// A gateway's configuration.
pub fn configuration(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(config) = gateway::fuzzing::config(text) else { return false };
    assert!(config.public_url.starts_with("https://"), "a gateway without TLS");
    let written = gateway::fuzzing::config_text(&config).expect("what was read can be written");
    assert!(gateway::fuzzing::config(&written).as_ref() == Ok(&config), "another configuration than was written");
    true
}
