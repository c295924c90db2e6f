//! What other people are given is what the definitions say.

use std::collections::BTreeSet;
use std::path::Path;

use settings::{KEYS, Kind, Layer, RawLayer, Resolution, publish};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const BEGIN: &str = "<!-- settings: written by `cargo xtask policy` -->\n";
const END: &str = "<!-- settings: end -->\n";

/// Writes a file, when asked to by `cargo xtask policy`, and compares it.
fn fresh(file: &str, text: &str) {
    let path = Path::new(ROOT).join(file);
    if std::env::var_os("RA_DESK_WRITE_POLICY").is_some() {
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder is made");
        std::fs::write(&path, text).expect("the file is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(kept == text, "{file} is stale: run `cargo xtask policy`");
}

#[test]
fn files_are_fresh() {
    fresh("packaging/windows/admx/ra-desk.admx", &publish::admx());
    for language in ["en-GB", "en-US"] {
        fresh(&format!("packaging/windows/admx/{language}/ra-desk.adml"), &publish::adml());
    }
    fresh("packaging/linux/policy.toml", &publish::policy_file());
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/deployment.md")).unwrap().replace("\r\n", "\n");
    let (before, rest) = page.split_once(BEGIN).expect("docs/deployment.md marks where the table begins");
    let (_, after) = rest.split_once(END).expect("docs/deployment.md marks where the table ends");
    fresh("docs/deployment.md", &format!("{before}{BEGIN}{}{END}{after}", publish::table()));
}

#[test]
fn the_template_and_its_words_name_the_same() {
    let (admx, adml) = (publish::admx(), publish::adml());
    let template = roxmltree::Document::parse(&admx).unwrap();
    let words = roxmltree::Document::parse(&adml).unwrap();
    let mut wanted = BTreeSet::new();
    for node in template.descendants() {
        for attribute in node.attributes() {
            if let Some(reference) = attribute.value().strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')) {
                wanted.insert(reference.to_owned());
            }
        }
    }
    let mut there = BTreeSet::new();
    for node in words.descendants() {
        if let ("string" | "presentation", Some(id)) = (node.tag_name().name(), node.attribute("id")) {
            there.insert(format!("{}.{id}", node.tag_name().name()));
        }
    }
    assert_eq!(wanted, there);
    // Each control of a presentation names an element of its policy.
    let elements: BTreeSet<_> = template.descendants().filter_map(|node| node.attribute("id")).collect();
    let controls: BTreeSet<_> = words.descendants().filter_map(|node| node.attribute("refId")).collect();
    assert_eq!(elements, controls);
}

#[test]
fn the_template_has_one_policy_for_each_key_with_its_bounds() {
    let admx = publish::admx();
    let template = roxmltree::Document::parse(&admx).unwrap();
    let policies: Vec<_> = template.descendants().filter(|node| node.has_tag_name_local("policy")).collect();
    assert_eq!(policies.len(), KEYS.len());
    for (policy, key) in policies.iter().zip(KEYS) {
        assert_eq!(policy.attribute("name"), Some(key.registry_name));
        assert_eq!(policy.attribute("key"), Some(publish::POLICY_KEY));
        let inside = |tag: &str| policy.descendants().find(|node| node.has_tag_name_local(tag));
        match key.kind {
            Kind::YesNo => assert!(inside("enabledValue").is_some() && inside("disabledValue").is_some()),
            Kind::Whole { least, most, .. } => {
                let decimal = inside("decimal").unwrap();
                assert_eq!(decimal.attribute("minValue"), Some(&*least.to_string()));
                assert_eq!(decimal.attribute("maxValue"), Some(&*most.to_string()));
            }
            Kind::OneOf(choices) => {
                let items = policy.descendants().filter(|node| node.has_tag_name_local("item")).count();
                assert_eq!(items, choices.len());
            }
            _ => assert!(inside("text").is_some(), "{}", key.name),
        }
    }
}

#[test]
fn the_example_policy_sets_nothing_and_each_line_can_be_taken() {
    let text = publish::policy_file();
    let layer = RawLayer::from_toml(Layer::Policy, "policy.toml", &text).unwrap();
    assert!(layer.values.is_empty());
    // With the marks taken away, everything that has a built-in value is taken as it stands.
    let bare: String = text
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n");
    let found = Resolution::of(&[RawLayer::from_toml(Layer::Policy, "policy.toml", &bare).unwrap()]);
    for setting in found.settings().iter().filter(|setting| setting.key.built_in.is_some()) {
        assert_eq!(setting.layer, Layer::Policy, "{}", setting.key.name);
        assert_eq!(setting.value, setting.key.built_in_value());
    }
}

trait TagName {
    fn has_tag_name_local(&self, name: &str) -> bool;
}

impl TagName for roxmltree::Node<'_, '_> {
    fn has_tag_name_local(&self, name: &str) -> bool {
        self.tag_name().name() == name
    }
}
