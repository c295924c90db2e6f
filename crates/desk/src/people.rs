//! Finding people and looking at a profile: what is asked and what is answered.

use contract::{
    BirthDate, FamilyPattern, FieldErrors, Profile, ProfileReply, ProfileSummary, RefusalCode, SearchRequest,
    SubmissionKey, WarningCode,
};
use jiff::Timestamp;

use crate::DraftId;

/// By what somebody is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindBy {
    /// Care Identity UUID.
    Uuid,
    /// NHS.net Connect address.
    Address,
    /// National Insurance number.
    NationalInsurance,
    /// Name and something else.
    Details,
}

/// The find page's form as it was typed. Fields that do not belong to `by` are ignored.
#[derive(Clone)]
pub struct FindForm {
    /// By what.
    pub by: FindBy,
    /// Care Identity UUID.
    pub uuid: String,
    /// Address.
    pub address: String,
    /// National Insurance number.
    pub nino: String,
    /// Family name, or its beginning and a star.
    pub family: String,
    /// Given name or its beginning.
    pub given: String,
    /// Day of birth.
    pub birth_day: String,
    /// Month of birth.
    pub birth_month: String,
    /// Year of birth.
    pub birth_year: String,
    /// ODS code.
    pub organisation: String,
}

impl FindForm {
    /// A form for one way of looking, with every field empty.
    pub fn empty(by: FindBy) -> Self {
        let empty = String::new;
        Self {
            by,
            uuid: empty(),
            address: empty(),
            nino: empty(),
            family: empty(),
            given: empty(),
            birth_day: empty(),
            birth_month: empty(),
            birth_year: empty(),
            organisation: empty(),
        }
    }

    /// What to ask the gateway, or everything that is wrong with the form.
    pub(crate) fn parse(&self) -> Result<SearchRequest, FieldErrors> {
        let mut errors = FieldErrors::default();
        let request = match self.by {
            FindBy::Uuid => errors.parse("uuid", &self.uuid).map(|uuid| SearchRequest::Uuid { uuid }),
            FindBy::Address => errors.parse("address", &self.address).map(|address| SearchRequest::Address { address }),
            FindBy::NationalInsurance => {
                errors.parse("nino", &self.nino).map(|nino| SearchRequest::NationalInsurance { nino })
            }
            FindBy::Details => self.parse_details(&mut errors),
        };
        match request {
            Some(request) if errors.0.is_empty() => Ok(request),
            _ => Err(errors),
        }
    }

    fn parse_details(&self, errors: &mut FieldErrors) -> Option<SearchRequest> {
        let family: Option<FamilyPattern> = errors.parse("family", &self.family);
        let given = if is_blank(&self.given) { None } else { errors.parse("given", &self.given) };
        let organisation =
            if is_blank(&self.organisation) { None } else { errors.parse("organisation", &self.organisation) };
        let birth = [&self.birth_day, &self.birth_month, &self.birth_year];
        let birth_date = if birth.iter().all(|part| is_blank(part)) {
            None
        } else {
            BirthDate::from_parts(birth[0], birth[1], birth[2])
                .inspect_err(|invalid| errors.0.push(invalid.at("birth_date")))
                .ok()
        };
        if errors.0.is_empty() && given.is_none() && birth_date.is_none() && organisation.is_none() {
            errors.push(
                "given",
                "search_too_broad",
                "Enter a given name, a date of birth or an ODS code as well as the family name.",
            );
        }
        Some(SearchRequest::Details { family: family?, given, birth_date, organisation })
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

impl std::fmt::Debug for FindForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FindForm").field("by", &self.by).finish_non_exhaustive()
    }
}

/// What a search found.
#[derive(Clone, PartialEq)]
pub enum Found {
    /// Somebody, best match first.
    People(Vec<ProfileSummary>),
    /// Nobody.
    Nobody,
    /// More than are shown.
    TooMany {
        /// The most that are shown.
        most: u32,
    },
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::People(people) => write!(f, "People({} …)", people.len()),
            Self::Nobody => f.write_str("Nobody"),
            Self::TooMany { most } => write!(f, "TooMany({most})"),
        }
    }
}

/// A profile as it was read from the gateway.
#[derive(Clone, PartialEq)]
pub struct ProfileRead {
    /// The profile.
    pub profile: Profile,
    /// What the RA user should know before going on.
    pub warnings: Vec<WarningCode>,
    /// Why nothing can be registered here, if so.
    pub refusal: Option<RefusalCode>,
    /// Whether the session's role may register and remove.
    pub may_register: bool,
    /// When this was read from the gateway.
    pub read_at: Timestamp,
    /// The RA user's half-done registration of this person, if there is one.
    pub draft: Option<DraftId>,
    /// The RA user's submission for this person that is not finished, if there is one.
    pub submission: Option<SubmissionKey>,
}

impl std::fmt::Debug for ProfileRead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProfileRead")
            .field("warnings", &self.warnings)
            .field("refusal", &self.refusal)
            .field("read_at", &self.read_at)
            .finish_non_exhaustive()
    }
}

impl ProfileRead {
    pub(crate) fn new(reply: ProfileReply, may_register: bool, read_at: Timestamp) -> Self {
        let ProfileReply { profile, warnings, refusal, .. } = reply;
        Self { profile, warnings, refusal, may_register, read_at, draft: None, submission: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_fields_that_belong_are_looked_at() {
        let form = FindForm { uuid: "555086689106".into(), nino: "nonsense".into(), ..FindForm::empty(FindBy::Uuid) };
        assert!(matches!(form.parse(), Ok(SearchRequest::Uuid { .. })));
    }

    #[test]
    fn every_fault_of_a_form_is_told_at_once() {
        let form = FindForm {
            family: "*".into(),
            given: "1".into(),
            birth_day: "31".into(),
            birth_month: "2".into(),
            birth_year: "1980".into(),
            organisation: "?".into(),
            ..FindForm::empty(FindBy::Details)
        };
        let fields: Vec<String> = form.parse().unwrap_err().0.into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["family", "given", "organisation", "birth_date"]);
    }

    #[test]
    fn a_family_name_alone_is_too_broad() {
        let form = FindForm { family: "Taylor".into(), ..FindForm::empty(FindBy::Details) };
        assert_eq!(form.parse().unwrap_err().0[0].code, "search_too_broad");
        let form = FindForm { organisation: "b81603".into(), ..form };
        assert!(form.parse().is_ok());
    }

    #[test]
    fn a_form_hides_what_was_typed() {
        let form = FindForm { family: "Taylor".into(), ..FindForm::empty(FindBy::Details) };
        assert!(!format!("{form:?}").contains("Taylor"));
    }
}
