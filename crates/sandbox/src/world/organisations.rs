//! Made-up organisations with codes of the shape that real ones have.

use contract::{OdsCode, Organisation};

/// The trust where most people of the practice world work.
pub const TRUST: &str = "RZ9";
/// The practice whose RA Manager also looks after the other practices of its federation.
pub const LEAD_PRACTICE: &str = "B81990";
/// The practices of a made-up federation, where one RA Agent holds the same role at each.
pub const FEDERATION: [&str; 7] = ["B81991", "B81992", "B81993", "B81994", "B81995", "B81996", "B81997"];

/// Codes and names. The first is [`TRUST`].
const ALL: [(&str, &str); 18] = [
    (TRUST, "Harbourside University Hospitals"),
    ("RZ901", "Harbourside General Hospital"),
    ("RZ902", "St Brannoc's Hospital"),
    ("RZ8", "Fenmoor Community Health"),
    ("QZ9", "Harbour and Fens Integrated Care Board"),
    (LEAD_PRACTICE, "Mill Lane Surgery"),
    (FEDERATION[0], "Orchard Road Surgery"),
    (FEDERATION[1], "The Lighthouse Practice"),
    (FEDERATION[2], "Saltmarsh Medical Centre"),
    (FEDERATION[3], "Dr Penhallow and Partners"),
    (FEDERATION[4], "Quayside Family Practice"),
    (FEDERATION[5], "Fenmoor Village Surgery"),
    (FEDERATION[6], "Castle Green Health Centre"),
    ("FZ971", "Harbour Street Pharmacy"),
    ("FZ972", "Fenmoor Pharmacy"),
    ("VLZ91", "Rosewood Care Home"),
    ("VLZ92", "The Willows Nursing Home"),
    ("NZ911", "Lantern Hospice"),
];

/// Number of organisations.
pub(crate) const COUNT: usize = ALL.len();

/// The organisation at a place of the list; places past the end begin again.
pub(crate) fn at(place: usize) -> Organisation {
    let (code, _) = ALL[place % COUNT];
    organisation(code)
}

/// The organisation with this code, by name where it is one of ours.
pub fn organisation(code: &str) -> Organisation {
    let code: OdsCode = code.parse().expect("an ODS code of the practice world");
    let name = name_of(code.as_str()).to_owned();
    Organisation { code, name }
}

/// What an organisation is called; its code where it is not one of ours.
pub fn name_of(code: &str) -> &str {
    ALL.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}
