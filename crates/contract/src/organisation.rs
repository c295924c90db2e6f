//! Organisations and the roles people hold there.

use serde::{Deserialize, Serialize};

use crate::Invalid;

text_newtype!(
    /// An ODS code: 1 to 9 letters and digits, in upper case, for example `B81603`.
    OdsCode, public, "B81603", parse_ods
);

fn parse_ods(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Invalid::new("ods_missing", "Enter the organisation's ODS code, for example B81603."));
    }
    if text.len() > 9 || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Invalid::new("not_an_ods_code", "An ODS code is 1 to 9 letters and digits, for example B81603."));
    }
    Ok(text.to_ascii_uppercase())
}

text_newtype!(
    /// A national role code in its full form, `S0080:G0440:R5090` (staff group, sub-group, job role).
    RoleCode, public, "S0080:G0440:R5090", parse_role_code
);

fn parse_role_code(text: &str) -> Result<String, Invalid> {
    let mut parts = text.split(':');
    let ok = ["S", "G", "R"]
        .iter()
        .all(|letter| parts.next().is_some_and(|part| part.strip_prefix(letter).is_some_and(four_digits)))
        && parts.next().is_none();
    if ok {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new("not_a_role_code", "A role code looks like S0080:G0440:R5090."))
    }
}

fn four_digits(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())
}

impl RoleCode {
    /// The job role alone, for instance `R5090` (RA Agent).
    pub fn job_role(&self) -> &str {
        &self.as_str()[self.as_str().len() - 5..]
    }
}

text_newtype!(
    /// A business function, `B0267` for instance.
    ActivityCode, public, "B0267", parse_activity
);

fn parse_activity(text: &str) -> Result<String, Invalid> {
    if text.strip_prefix('B').is_some_and(four_digits) {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new("not_an_activity_code", "An activity code looks like B0267."))
    }
}

/// An organisation by its code, with the name people know it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Organisation {
    /// Its ODS code.
    pub code: OdsCode,
    /// Its name, or its code again where the issuer gave none.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_parsed() {
        assert_eq!("b81603".parse::<OdsCode>().unwrap().as_str(), "B81603");
        assert_eq!("".parse::<OdsCode>().unwrap_err().code, "ods_missing");
        assert_eq!("B81603-1".parse::<OdsCode>().unwrap_err().code, "not_an_ods_code");
        assert_eq!("ＸＸＸ".parse::<OdsCode>().unwrap_err().code, "not_an_ods_code");
        assert_eq!("S0080:G0440:R5090".parse::<RoleCode>().unwrap().job_role(), "R5090");
        for wrong in ["R5090", "S0080:G0440:R509", "S0080:G0440:R5090:X", "s0080:G0440:R5090", "S0080:G0440:R509é"] {
            assert!(wrong.parse::<RoleCode>().is_err(), "{wrong}");
        }
        assert!("B0267".parse::<ActivityCode>().is_ok());
        assert!("B267".parse::<ActivityCode>().is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            if let Ok(code) = text.parse::<RoleCode>() { prop_assert_eq!(code.job_role().len(), 5); }
            if let Ok(code) = text.parse::<OdsCode>() { prop_assert_eq!(code.as_str().parse::<OdsCode>().unwrap(), code); }
            let _ = text.parse::<ActivityCode>();
        }
    }
}
