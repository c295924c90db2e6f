//! What is known of a person: names, birth date, National Insurance number.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Invalid;

/// The longest name part, after the Personal Demographics Service's limit for a family name.
const MAX_NAME: usize = 35;

text_newtype!(
    /// A family name as it is written, at most 35 characters.
    FamilyName, private, "O'Connor-Smith", parse_family
);
text_newtype!(
    /// One or more given names as they are written, at most 35 characters.
    GivenName, private, "Siobhán", parse_given
);

fn parse_family(text: &str) -> Result<String, Invalid> {
    parse_name(
        text,
        Invalid::new("family_name_missing", "Enter a family name."),
        Invalid::new("family_name_too_long", "A family name has at most 35 characters."),
        Invalid::new(
            "family_name_has_other_characters",
            "A family name has only letters, spaces, hyphens, apostrophes and full stops.",
        ),
    )
}

fn parse_given(text: &str) -> Result<String, Invalid> {
    parse_name(
        text,
        Invalid::new("given_name_missing", "Enter a given name."),
        Invalid::new("given_name_too_long", "A given name has at most 35 characters."),
        Invalid::new(
            "given_name_has_other_characters",
            "A given name has only letters, spaces, hyphens, apostrophes and full stops.",
        ),
    )
}

fn parse_name(text: &str, missing: Invalid, too_long: Invalid, other: Invalid) -> Result<String, Invalid> {
    if text.len() > 1024 {
        return Err(too_long);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let name = words.join(" ");
    if name.is_empty() {
        return Err(missing);
    }
    if name.chars().count() > MAX_NAME {
        return Err(too_long);
    }
    let in_a_name = |c: char| c.is_alphabetic() || is_mark(c) || matches!(c, ' ' | '-' | '\'' | '’' | '‘' | '.' | '`');
    if !name.chars().all(in_a_name) || !name.chars().any(char::is_alphabetic) {
        return Err(other);
    }
    Ok(name)
}

/// Combining marks that accents become when text is decomposed.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// What a person is called.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonName {
    /// `Dr`, `Mrs` and so on, where the profile has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Given names without middle names.
    pub given: GivenName,
    /// Middle names, where the profile has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle: Option<GivenName>,
    /// Family name.
    pub family: FamilyName,
}

impl std::fmt::Debug for PersonName {
    /// Without what names a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonName").field("given", &self.given).field("family", &self.family).finish_non_exhaustive()
    }
}

impl PersonName {
    /// Given and family name, as one greets somebody: `Siobhán O'Connor`.
    pub fn short(&self) -> String {
        format!("{} {}", self.given, self.family)
    }
}

/// A birth date between 1900 and 2100.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Date", into = "Date")]
pub struct BirthDate(Date);

impl BirthDate {
    /// Migrated profiles hold this date where none is known.
    pub const PLACEHOLDER: Self = Self(jiff::civil::date(1900, 1, 1));

    /// The date itself, which may be the placeholder.
    pub const fn date(&self) -> Date {
        self.0
    }

    /// Whether this is a real birth date, not 1 January 1900.
    pub fn is_known(&self) -> bool {
        *self != Self::PLACEHOLDER
    }

    /// Makes a birth date of the three parts of a date input.
    pub fn from_parts(day: &str, month: &str, year: &str) -> Result<Self, Invalid> {
        const NOT_A_DATE: Invalid = Invalid::new("not_a_date", "Enter a real date of birth, for example 27 3 1985.");
        let number = |text: &str, digits: usize| -> Result<i16, Invalid> {
            let text = text.trim();
            if text.is_empty() || text.len() > digits || !text.bytes().all(|b| b.is_ascii_digit()) {
                return Err(NOT_A_DATE);
            }
            text.parse().map_err(|_| NOT_A_DATE)
        };
        let (day, month, year) = (number(day, 2)?, number(month, 2)?, number(year, 4)?);
        // A day or month of two digits fits; the date itself is judged below.
        let date =
            Date::new(year, i8::try_from(month).map_err(|_| NOT_A_DATE)?, i8::try_from(day).map_err(|_| NOT_A_DATE)?)
                .map_err(|_| NOT_A_DATE)?;
        Self::try_from(date)
    }
}

impl TryFrom<Date> for BirthDate {
    type Error = Invalid;
    fn try_from(date: Date) -> Result<Self, Invalid> {
        if (1900..=2100).contains(&date.year()) {
            Ok(Self(date))
        } else {
            Err(Invalid::new("birth_date_out_of_range", "A date of birth has a year from 1900."))
        }
    }
}

impl From<BirthDate> for Date {
    fn from(value: BirthDate) -> Self {
        value.0
    }
}

impl std::str::FromStr for BirthDate {
    type Err = Invalid;
    /// Takes `1985-03-27`, the form on the wire.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = Invalid::new("not_a_date", "A date is written as year-month-day, for example 1985-03-27.");
        if text.len() != 10 {
            return Err(invalid);
        }
        text.parse::<Date>().map_err(|_| invalid).and_then(Self::try_from)
    }
}

impl std::fmt::Display for BirthDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BirthDate(…)")
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for BirthDate {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Date)))
            .into()
    }
}
#[cfg(feature = "openapi")]
impl utoipa::ToSchema for BirthDate {}

text_newtype!(
    /// A National Insurance number, for searching only: it is never stored and never shown again.
    ///
    /// Rules: HMRC NIM39110. HMRC's example QQ123456A is refused on purpose.
    NationalInsuranceNumber, private, "AB123456C", parse_nino
);

fn parse_nino(text: &str) -> Result<String, Invalid> {
    let wrong = Invalid::new(
        "not_a_nino",
        "A National Insurance number is 2 letters, 6 digits and a letter from A to D, for example AB 12 34 56 C.",
    );
    if text.chars().count() > 40 {
        return Err(wrong);
    }
    let compact: String =
        text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).collect::<String>().to_ascii_uppercase();
    if compact.is_empty() {
        return Err(Invalid::new("nino_missing", "Enter a National Insurance number."));
    }
    let bytes = compact.as_bytes();
    let ok = bytes.len() == 9
        && bytes[0].is_ascii_uppercase()
        && !b"DFIQUV".contains(&bytes[0])
        && bytes[1].is_ascii_uppercase()
        && !b"DFIOQUV".contains(&bytes[1])
        && !["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"].contains(&&compact[..2])
        && bytes[2..8].iter().all(u8::is_ascii_digit)
        && (b'A'..=b'D').contains(&bytes[8]);
    if ok { Ok(compact) } else { Err(wrong) }
}

text_newtype!(
    /// Why an RA user went on in spite of a warning: 3 to 200 characters, shown in the manager's report.
    Reason, private, "New starter, mailbox made today", parse_reason
);

fn parse_reason(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Invalid::new("reason_missing", "Enter a reason."));
    }
    if text.len() > 4096 || text.chars().count() > 200 {
        return Err(Invalid::new("reason_too_long", "A reason has at most 200 characters."));
    }
    if text.chars().count() < 3 {
        return Err(Invalid::new("reason_too_short", "A reason has at least 3 characters."));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Invalid::new("reason_has_other_characters", "A reason is plain text."));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_keep_their_spelling() {
        for name in ["O’Connor-Smith", "Siobhán", "van der Berg", "Łukasz", "St. John", "Nguyễn", "e\u{301}a"] {
            assert!(name.parse::<FamilyName>().is_ok(), "{name}");
        }
        assert_eq!("  van   der Berg ".parse::<FamilyName>().unwrap().as_str(), "van der Berg");
        assert_eq!("x".repeat(300).parse::<FamilyName>().unwrap_err().code, "family_name_too_long");
        assert_eq!("".parse::<GivenName>().unwrap_err().code, "given_name_missing");
        assert_eq!("Sam<script>".parse::<GivenName>().unwrap_err().code, "given_name_has_other_characters");
        assert_eq!("-".parse::<FamilyName>().unwrap_err().code, "family_name_has_other_characters");
    }

    #[test]
    fn birth_dates() {
        assert!(!BirthDate::PLACEHOLDER.is_known());
        assert_eq!(BirthDate::from_parts("27", "3", "1985").unwrap().to_string(), "1985-03-27");
        for (d, m, y) in [
            ("31", "2", "1985"),
            ("", "1", "1985"),
            ("1", "13", "1985"),
            ("1", "1", "85000"),
            ("1", "1", "1899"),
            ("１", "1", "1985"),
        ] {
            assert!(BirthDate::from_parts(d, m, y).is_err(), "{d} {m} {y}");
        }
    }

    #[test]
    fn national_insurance_numbers() {
        assert_eq!("ab 12 34 56 c".parse::<NationalInsuranceNumber>().unwrap().as_str(), "AB123456C");
        for wrong in ["QQ123456A", "GB123456A", "AB12345", "AB123456E", "AO123456A", "ＡB123456C"] {
            assert!(wrong.parse::<NationalInsuranceNumber>().is_err(), "{wrong}");
        }
        let nino: NationalInsuranceNumber = "AB123456C".parse().unwrap();
        assert_eq!(format!("{nino:?}"), "NationalInsuranceNumber(…)");
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_canonical(text in any::<String>()) {
            if let Ok(name) = text.parse::<FamilyName>() {
                prop_assert!(name.as_str().chars().count() <= 35);
                prop_assert_eq!(name.as_str().parse::<FamilyName>().unwrap(), name);
            }
            if let Ok(nino) = text.parse::<NationalInsuranceNumber>() { prop_assert_eq!(nino.as_str().len(), 9); }
            let _ = text.parse::<BirthDate>();
            let _ = text.parse::<Reason>();
            let _ = BirthDate::from_parts(&text, &text, &text);
        }

        #[test]
        fn real_dates_come_back(y in 1900_i16..=2100, m in 1_i8..=12, d in 1_i8..=28) {
            let date = BirthDate::from_parts(&d.to_string(), &m.to_string(), &y.to_string()).unwrap();
            prop_assert_eq!(date.to_string().parse::<BirthDate>().unwrap(), date);
        }
    }
}
