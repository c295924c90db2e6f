//! Which value counts, and what is said of those that do not.

use proptest::prelude::*;
use settings::{
    Effect, IfWrong, KEYS, Kind, Layer, ProxyChoice, RawLayer, RawValue, Resolution, Settings, Trust, Value,
};

macro_rules! good {
    () => {
        r#"
    gateway_url = "https://localhost:9443"
    issuer_url = "https://issuer.example:443/cis2"
    client_id = "ra-desk.practice"
    redirect_ports = "9411 9412"
    trust = "only"
    "#
    };
}

/// A full path, which every operating system spells in its own way.
const LINE: &str =
    if cfg!(windows) { "trust_ca = \"C:/ra-desk/ca.pem\"" } else { "trust_ca = \"/etc/ra-desk/ca.pem\"" };
const AUTHORITY: &str = if cfg!(windows) { "C:/ra-desk/ca.pem" } else { "/etc/ra-desk/ca.pem" };
const GOOD: &str = if cfg!(windows) {
    concat!(good!(), "trust_ca = \"C:/ra-desk/ca.pem\"\n")
} else {
    concat!(good!(), "trust_ca = \"/etc/ra-desk/ca.pem\"\n")
};

fn layer(layer: Layer, text: &str) -> RawLayer {
    RawLayer::from_toml(layer, layer.as_str(), text).expect("the text is TOML")
}

fn policy(text: &str) -> Resolution {
    Resolution::of(&[layer(Layer::Policy, text)])
}

#[test]
fn good_settings_are_read() {
    let settings = policy(GOOD).desk().unwrap();
    assert_eq!(settings.issuer_url, "https://issuer.example:443/cis2", "the issuer stays text");
    assert_eq!(settings.trust, Trust::Only(AUTHORITY.into()));
    assert_eq!(settings.acr_values, "AAL3_ANY", "built in");
    assert_eq!(settings.redirect_ports, [9411, 9412]);
    assert_eq!(settings.proxy, ProxyChoice::System);
    assert_eq!((settings.idle_minutes, settings.offline_recording), (15, true));
}

#[test]
fn a_file_is_relative_to_the_file_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.toml"), GOOD.replace(AUTHORITY, "ca.pem")).unwrap();
    let settings = Settings::read(&folder.path().join("policy.toml")).unwrap();
    assert_eq!(settings.trust, Trust::Only(folder.path().join("ca.pem")));
}

#[test]
fn each_wrong_setting_that_matters_is_named_and_refused() {
    for (from, to, key) in [
        ("https://localhost:9443", "ftp://localhost", "gateway_url"),
        ("https://localhost:9443", "http://gateway.example", "gateway_url"),
        ("https://localhost:9443", "https://a:b@localhost", "gateway_url"),
        ("https://localhost:9443", "", "gateway_url"),
        ("https://issuer.example:443/cis2", "not an address", "issuer_url"),
        ("ra-desk.practice", " ", "client_id"),
        ("client_id", "colour", "client_id"),
        ("9411 9412", "", "redirect_ports"),
        ("9411 9412", "80", "redirect_ports"),
        ("9411 9412", "9411,9412", "redirect_ports"),
        ("9411 9412", "99999", "redirect_ports"),
        ("\"only\"", "\"nobody\"", "trust"),
        ("trust_ca", "acr_values", "acr_values"),
        (LINE, "", "trust_ca"),
        (LINE, "trust_ca = \"ca.pem\"", "trust_ca"),
        (LINE, "trust_ca = \"AUTHORITY\"\nkiosk = 2", "kiosk"),
        (LINE, "trust_ca = \"AUTHORITY\"\noffline_recording = \"no\"", "offline_recording"),
        (LINE, "trust_ca = \"AUTHORITY\"\nscopes = \"profile\"", "scopes"),
        (LINE, "trust_ca = \"AUTHORITY\"\nproxy = \"fixed\"", "proxy_url"),
        (LINE, "trust_ca = \"AUTHORITY\"\nproxy = \"pac\"", "proxy_pac_url"),
        (LINE, "trust_ca = \"AUTHORITY\"\nproxy = \"fixed\"\nproxy_url = \"proxy:8080\"", "proxy_url"),
        (LINE, "trust_ca = \"AUTHORITY\"\nproxy = \"fixed\"\nproxy_url = \"http://a:b@p:1\"", "proxy_url"),
    ] {
        let text = GOOD.replacen(from, &to.replace("AUTHORITY", AUTHORITY), 1);
        assert_eq!(policy(&text).desk().unwrap_err().key, key, "{to}");
    }
    assert_eq!(Settings::read(std::path::Path::new("/no/such/file")).unwrap_err().key, "file");
    assert!(RawLayer::from_toml(Layer::Policy, "x", "client_id = ").is_err(), "a broken file is no empty layer");
}

#[test]
fn a_message_names_key_layer_value_and_range() {
    let found = policy(&format!("{GOOD}\nidle_minutes = 240"));
    assert_eq!(found.desk().unwrap().idle_minutes, 15, "the safe value applies");
    let fault = &found.faults()[0];
    assert_eq!(fault.effect, Effect::BuiltInApplies);
    for part in ["idle_minutes", "policy", "240", "5 to 15 minutes", "'15' applies"] {
        assert!(fault.message().contains(part), "{part}: {}", fault.message());
    }
}

#[test]
fn layers_outrank_each_other() {
    let policy = layer(Layer::Policy, "organisation = \"Policy Trust\"");
    let installer = layer(Layer::Installer, "organisation = \"Installer Trust\"\nkiosk = true");
    let user = layer(Layer::User, "zoom_percent = 200\nkiosk = false");
    // In any order.
    for layers in [[&policy, &installer, &user], [&user, &installer, &policy]] {
        let found = Resolution::of(&layers.map(Clone::clone));
        let of = |name: &str| found.settings().iter().find(|setting| setting.key.name == name).unwrap();
        assert_eq!((of("organisation").layer, of("kiosk").layer), (Layer::Policy, Layer::Installer));
        assert_eq!((of("zoom_percent").layer, of("log_level").layer), (Layer::User, Layer::BuiltIn));
        assert_eq!(of("kiosk").value, Some(Value::YesNo(true)), "a user does not leave kiosk mode by a file");
        let effects: Vec<_> = found.faults().iter().map(|fault| (fault.key(), fault.effect)).collect();
        assert_eq!(effects, [("kiosk", Effect::NotForUsers)]);
    }
}

#[test]
fn a_wrong_value_lets_no_lower_layer_through() {
    let policy = layer(Layer::Policy, "zoom_percent = 4000\ngateway_url = \"https://\"");
    let installer = layer(Layer::Installer, "gateway_url = \"https://other.example\"");
    let user = layer(Layer::User, "zoom_percent = 300");
    let found = Resolution::of(&[policy, installer, user]);
    assert_eq!(found.window().zoom_percent, 100);
    assert_eq!(found.desk().unwrap_err().key, "gateway_url");
}

#[test]
fn a_layer_that_cannot_be_read_stops_the_start_unless_it_is_the_users() {
    let broken = |layer| RawLayer::from_toml(layer, "x", "a = ");
    for (which, starts) in [(Layer::Policy, false), (Layer::Installer, false), (Layer::User, true)] {
        let found = Resolution::of_machine([Ok(layer(Layer::Policy, GOOD)), broken(which)]);
        assert_eq!(found.unreadable().len(), 1);
        assert_eq!(found.desk().is_ok(), starts, "{which:?}");
        assert_eq!(found.logs().level, "info", "there is always a log");
    }
}

#[test]
fn unknown_names_are_told_and_do_no_harm() {
    let found = policy(&format!("{GOOD}\ncolour = \"blue\"\n[table]\nx = 1"));
    assert!(found.desk().is_ok());
    let unknown: Vec<_> = found.faults().iter().filter(|fault| fault.effect == Effect::Unknown).collect();
    assert_eq!(unknown.len(), 2);
    assert!(unknown[0].message().contains("colour"));
}

#[test]
fn no_message_shows_a_password() {
    for (key, value) in [
        ("gateway_url", "https://svc:secret@gateway.example"),
        ("proxy_url", "http://svc:secret@proxy.example:8080"),
        ("proxy_pac_url", "http://svc:se/cret@proxy.example/proxy.pac"),
    ] {
        let found = policy(&format!("{key} = \"{value}\""));
        let message = found.faults()[0].message();
        assert!(message.contains(key) && !message.contains("svc"), "{message}");
        let kept = found.settings().iter().filter_map(|setting| setting.value.as_ref()).map(ToString::to_string);
        assert!(kept.into_iter().all(|kept| !kept.contains("svc")), "it is no value either");
    }
}

#[test]
fn the_registrys_numbers_are_taken_for_yes_and_no() {
    let mut registry = RawLayer::empty(Layer::Policy, r"HKLM\Software\Policies\RADesk");
    registry.values.insert("kiosk".into(), RawValue::Number(1));
    // The wrong type, and still no doubt.
    registry.values.insert("idle_minutes".into(), RawValue::Text("5".into()));
    registry.values.insert("offline_recording".into(), RawValue::Number(2));
    let found = Resolution::of(&[registry]);
    assert!(found.window().kiosk);
    assert_eq!(found.faults()[0].key(), "offline_recording");
}

#[test]
fn plain_http_is_for_practice_on_this_computer_alone() {
    let loopback = GOOD.replacen("https://localhost:9443", "http://127.0.0.1:9443", 1);
    assert_eq!(policy(&loopback).desk().is_ok(), cfg!(feature = "practice"));
    let elsewhere = GOOD.replacen("https://localhost:9443", "http://10.0.0.1:9443", 1);
    assert!(policy(&elsewhere).desk().is_err());
}

#[test]
fn definitions_are_sound() {
    for key in KEYS {
        assert_eq!(KEYS.iter().filter(|other| other.name == key.name).count(), 1, "{} twice", key.name);
        let camel: String = key.name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        assert_eq!(key.registry_name, camel);
        assert_eq!(key.built_in.is_some(), key.built_in_value().is_some(), "{}: its built-in value is wrong", key.name);
        let must_have = matches!(key.kind, Kind::Whole { .. } | Kind::YesNo | Kind::OneOf(_) | Kind::Ports);
        assert!(!must_have || key.built_in.is_some(), "{} needs a built-in value", key.name);
        // Whoever may lead data elsewhere or loosen trust is not a user.
        assert!(key.who == settings::Who::Managed || key.if_wrong == IfWrong::UseBuiltIn, "{}", key.name);
    }
}

proptest! {
    #[test]
    fn nothing_in_a_file_makes_it_panic(text in ".{0,400}") {
        if let Ok(layer) = RawLayer::from_toml(Layer::Policy, "x", &text) {
            let found = Resolution::of(&[layer]);
            let _ = found.desk();
            for fault in found.faults() {
                prop_assert!(!fault.message().contains('\n'));
            }
        }
    }

    #[test]
    fn nothing_in_a_value_makes_it_panic(at in 0..KEYS.len(), text in "\\PC{0,300}", number: i64) {
        for raw in [RawValue::Text(text.clone()), RawValue::Number(number)] {
            let mut layer = RawLayer::empty(Layer::Policy, "x");
            layer.values.insert(KEYS[at].name.into(), raw);
            let found = Resolution::of(&[layer]);
            // A value is taken as it stands or not at all.
            for setting in found.settings().iter().filter(|setting| setting.layer == Layer::Policy) {
                if let Some(Value::Text(taken)) = &setting.value { prop_assert_eq!(taken, &text); }
            }
        }
    }
}

#[test]
fn a_second_copy_goes_where_it_was_meant_to_or_nothing_starts() {
    let folder = if cfg!(windows) { "E:/ra-desk" } else { "/media/stick" };
    let key = "ab".repeat(32);
    let with = |text: &str| policy(&format!("{GOOD}{text}\n")).desk();
    let text =
        format!("computer_name = \"LAPTOP-0417\"\nsecond_copy_folder = \"{folder}\"\nsecond_copy_key = \"{key}\"");
    let text = format!("{text}\ncountersigning_key = \"{}\"", "cd".repeat(32));
    let settings = with(&text).unwrap();
    assert_eq!(settings.second_copy_folder.as_deref(), Some(std::path::Path::new(folder)));
    assert_eq!(settings.second_copy_key.map(|key| key.to_string()), Some(key.clone()));
    assert_eq!(settings.countersigning_key.map(|key| key.to_string()), Some("cd".repeat(32)));
    assert_eq!(settings.computer_name.map(|name| name.to_string()).as_deref(), Some("LAPTOP-0417"));
    let half = |name: &str| format!("{name} = \"{}\"", &key[1..]);
    for wrong in ["second_copy_folder = \"stick\"".to_owned(), half("second_copy_key"), half("countersigning_key")] {
        assert!(with(&wrong).is_err(), "{wrong}");
    }
    let nameless = with("computer_name = \"<b>\"").unwrap();
    assert_eq!((nameless.computer_name, nameless.second_copy_folder), (None, None), "a name decides nothing");
    let of_user = [layer(Layer::Policy, GOOD), layer(Layer::User, &format!("second_copy_folder = \"{folder}\""))];
    assert_eq!(Resolution::of(&of_user).desk().unwrap().second_copy_folder, None, "a user does not choose where");
}
