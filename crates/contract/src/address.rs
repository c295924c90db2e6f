//! NHS.net Connect (formerly NHSmail) addresses.

use crate::Invalid;

text_newtype!(
    /// The address of an NHS.net Connect account, in lower case.
    ///
    /// Accepted: `name@nhs.net` and `name@part.nhs.net`. Which of those may be registered is the gateway's
    /// policy ([`crate::Policy::mail_domains`]); which exist and are a person's is known there too.
    NhsNetAddress, private, "sam.taylor@nhs.net", parse_address
);

/// The longest address a mailbox may have (RFC 5321 §4.5.3.1.3, less the angle brackets).
const MAX_ADDRESS: usize = 254;
/// The longest part before the `@` (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL: usize = 64;

fn parse_address(text: &str) -> Result<String, Invalid> {
    let text = text.trim_matches([' ', '\t', '\u{a0}']);
    if text.is_empty() {
        return Err(Invalid::new("address_missing", "Enter the NHS.net Connect address, for example name@nhs.net."));
    }
    if text.len() > MAX_ADDRESS {
        return Err(Invalid::new("address_too_long", "An NHS.net Connect address has at most 254 characters."));
    }
    if text.contains(['<', '>', '"', '(', ')', ',', ';', ':']) {
        return Err(Invalid::new(
            "address_has_extras",
            "Enter only the address, without a name, brackets or quotation marks around it.",
        ));
    }
    if text.contains(char::is_whitespace) {
        return Err(Invalid::new("address_has_spaces", "An NHS.net Connect address has no spaces in it."));
    }
    let lower = text.to_ascii_lowercase();
    let Some((local, domain)) = lower.split_once('@') else {
        return Err(Invalid::new(
            "address_no_at",
            "An NHS.net Connect address has an @ in it, for example name@nhs.net.",
        ));
    };
    if domain.contains('@') {
        return Err(Invalid::new("address_two_ats", "An NHS.net Connect address has only one @ in it."));
    }
    if !is_nhs_net(domain) {
        return Err(Invalid::new("address_not_nhs_net", "An NHS.net Connect address ends in @nhs.net."));
    }
    let dots_ok = !local.is_empty() && !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    let chars_ok =
        local.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'\'' | b'_' | b'-'));
    if !dots_ok || !chars_ok || local.len() > MAX_LOCAL {
        return Err(Invalid::new(
            "address_not_a_mailbox",
            "The part before the @ has only letters, digits, full stops, hyphens, apostrophes and underscores.",
        ));
    }
    Ok(lower)
}

fn is_nhs_net(domain: &str) -> bool {
    let Some(rest) = domain.strip_suffix("nhs.net") else { return false };
    rest.is_empty()
        || (rest.ends_with('.')
            && rest[..rest.len() - 1].split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            }))
}

impl NhsNetAddress {
    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.as_str().split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The part before the `@`, usually `given.family` and perhaps a number.
    pub fn mailbox(&self) -> &str {
        self.as_str().split_once('@').map_or("", |(mailbox, _)| mailbox)
    }

    /// Enough to recognise one's own address and no more: `sa…@nhs.net`.
    pub fn masked(&self) -> String {
        let shown: String = self.mailbox().chars().take(2).collect();
        format!("{shown}…@{}", self.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_and_outer_spaces_do_not_matter() {
        let address: NhsNetAddress = "  Sam.O'Taylor2@NHS.net ".parse().unwrap();
        assert_eq!(address.as_str(), "sam.o'taylor2@nhs.net");
        assert_eq!(address.masked(), "sa…@nhs.net");
        assert!("a.b@trust-1.nhs.net".parse::<NhsNetAddress>().is_ok());
    }

    #[test]
    fn each_fault_has_its_own_words() {
        let cases = [
            ("", "address_missing"),
            ("sam.taylor", "address_no_at"),
            ("sam.taylor@gmail.com", "address_not_nhs_net"),
            ("sam.taylor@evilnhs.net", "address_not_nhs_net"),
            ("sam.taylor@nhs.net.example.com", "address_not_nhs_net"),
            ("sam taylor@nhs.net", "address_has_spaces"),
            ("Sam Taylor <sam.taylor@nhs.net>", "address_has_extras"),
            ("\"sam\"@nhs.net", "address_has_extras"),
            ("sam@x@nhs.net", "address_two_ats"),
            (".sam@nhs.net", "address_not_a_mailbox"),
            ("sam..t@nhs.net", "address_not_a_mailbox"),
            ("sám@nhs.net", "address_not_a_mailbox"),
            ("@nhs.net", "address_not_a_mailbox"),
        ];
        for (typed, code) in cases {
            assert_eq!(typed.parse::<NhsNetAddress>().unwrap_err().code, code, "{typed}");
        }
        assert_eq!(
            format!("{}@nhs.net", "a".repeat(300)).parse::<NhsNetAddress>().unwrap_err().code,
            "address_too_long"
        );
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_canonical_and_ours(text in ".{0,40}(@nhs\\.net)?") {
            if let Ok(address) = text.parse::<NhsNetAddress>() {
                prop_assert!(address.as_str().ends_with("nhs.net"));
                prop_assert_eq!(address.as_str().matches('@').count(), 1);
                prop_assert_eq!(address.as_str().parse::<NhsNetAddress>().unwrap(), address);
            }
        }

        #[test]
        fn ordinary_addresses_are_accepted(local in "[a-z]{1,12}(\\.[a-z]{1,12}){0,2}[0-9]{0,3}") {
            let text = format!("{local}@nhs.net");
            prop_assert!(text.parse::<NhsNetAddress>().is_ok());
        }
    }
}
