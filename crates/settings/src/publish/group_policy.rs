//! Group Policy's administrative template (ADMX) and its words (ADML), in the 2006/07 policy definitions schema.

use std::fmt::Write as _;

use super::POLICY_KEY;
use crate::{KEYS, Key, Kind};

const SCHEMA: &str = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions";
/// The schema's limit to the length of text it takes by default.
const LONGEST_TEXT: usize = 1023;

/// The template: which registry value each policy writes.
pub fn admx() -> String {
    let mut text = format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<!-- Written by `cargo xtask policy` from the definitions in crates/settings. Not to be edited. -->
<policyDefinitions xmlns="{SCHEMA}" revision="1.0" schemaVersion="1.0">
  <policyNamespaces>
    <target prefix="radesk" namespace="RADesk.Policies"/>
  </policyNamespaces>
  <resources minRequiredRevision="1.0"/>
  <supportedOn>
    <definitions><definition name="SUPPORTED_RADesk" displayName="$(string.SUPPORTED_RADesk)"/></definitions>
  </supportedOn>
  <categories><category name="RADesk" displayName="$(string.RADesk)"/></categories>
  <policies>
"#
    );
    for key in KEYS {
        policy(&mut text, key);
    }
    text.push_str("  </policies>\n</policyDefinitions>\n");
    text
}

fn policy(text: &mut String, key: &Key) {
    let name = key.registry_name;
    let value_name = if key.kind == Kind::YesNo { format!(" valueName=\"{name}\"") } else { String::new() };
    let presentation =
        if key.kind == Kind::YesNo { String::new() } else { format!(" presentation=\"$(presentation.{name})\"") };
    // Writing into a String cannot fail.
    let _ = writeln!(
        text,
        "    <policy name=\"{name}\" class=\"Machine\" displayName=\"$(string.{name})\" \
         explainText=\"$(string.{name}_Explain)\"{presentation} key=\"{POLICY_KEY}\"{value_name}>\n      \
         <parentCategory ref=\"RADesk\"/>\n      <supportedOn ref=\"SUPPORTED_RADesk\"/>",
    );
    let _ = match key.kind {
        Kind::YesNo => writeln!(
            text,
            "      <enabledValue><decimal value=\"1\"/></enabledValue>\n      \
             <disabledValue><decimal value=\"0\"/></disabledValue>"
        ),
        Kind::Whole { least, most, .. } => elements(
            text,
            &format!(
                "<decimal id=\"{name}\" valueName=\"{name}\" minValue=\"{least}\" maxValue=\"{most}\" required=\"true\"/>"
            ),
        ),
        Kind::OneOf(choices) => {
            let mut items = String::new();
            for choice in choices {
                let word = choice.word;
                let _ = write!(
                    items,
                    "\n          <item displayName=\"$(string.{name}_{word})\"><value><string>{word}</string></value></item>"
                );
            }
            elements(
                text,
                &format!("<enum id=\"{name}\" valueName=\"{name}\" required=\"true\">{items}\n        </enum>"),
            )
        }
        _ => {
            let most = longest(key.kind);
            elements(
                text,
                &format!("<text id=\"{name}\" valueName=\"{name}\" maxLength=\"{most}\" required=\"true\"/>"),
            )
        }
    };
    text.push_str("    </policy>\n");
}

fn elements(text: &mut String, inside: &str) -> std::fmt::Result {
    writeln!(text, "      <elements>\n        {inside}\n      </elements>")
}

fn longest(kind: Kind) -> usize {
    if let Kind::Text { most } = kind { most.min(LONGEST_TEXT) } else { LONGEST_TEXT }
}

/// The template's words. One text serves every English language folder.
pub fn adml() -> String {
    let mut strings = String::new();
    let mut presentations = String::new();
    let mut string = |id: &str, words: &str| {
        let _ = writeln!(strings, "      <string id=\"{id}\">{}</string>", escaped(words));
    };
    string("RADesk", "RA Desk");
    string("SUPPORTED_RADesk", "RA Desk 0.1 or newer");
    for key in KEYS {
        let name = key.registry_name;
        string(name, key.title);
        let built_in = key.built_in.map_or_else(|| "There is no built-in value.".into(), |v| format!("Built in: {v}."));
        string(&format!("{name}_Explain"), &format!("{}\n\nTakes {}.\n{built_in}", key.meaning, key.range()));
        if let Kind::OneOf(choices) = key.kind {
            for choice in choices {
                string(&format!("{name}_{}", choice.word), &format!("{}: {}", choice.word, choice.meaning));
            }
        }
        if let Some(control) = control(key) {
            let _ = writeln!(presentations, "      <presentation id=\"{name}\">{control}</presentation>");
        }
    }
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<!-- Written by `cargo xtask policy` from the definitions in crates/settings. Not to be edited. -->
<policyDefinitionResources xmlns="{SCHEMA}" revision="1.0" schemaVersion="1.0">
  <displayName>RA Desk</displayName>
  <description>Settings of RA Desk</description>
  <resources>
    <stringTable>
{strings}    </stringTable>
    <presentationTable>
{presentations}    </presentationTable>
  </resources>
</policyDefinitionResources>
"#
    )
}

fn control(key: &Key) -> Option<String> {
    let name = key.registry_name;
    let title = escaped(key.title);
    let built_in = key.built_in.map(escaped).unwrap_or_default();
    match key.kind {
        Kind::YesNo => None,
        Kind::Whole { .. } => {
            Some(format!("<decimalTextBox refId=\"{name}\" defaultValue=\"{built_in}\">{title}</decimalTextBox>"))
        }
        Kind::OneOf(choices) => {
            let at = choices.iter().position(|choice| Some(choice.word) == key.built_in).unwrap_or(0);
            Some(format!("<dropdownList refId=\"{name}\" noSort=\"true\" defaultItem=\"{at}\">{title}</dropdownList>"))
        }
        _ => Some(format!(
            "<textBox refId=\"{name}\"><label>{title}</label><defaultValue>{built_in}</defaultValue></textBox>"
        )),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
