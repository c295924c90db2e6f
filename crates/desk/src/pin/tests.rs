use super::*;
use crate::SystemRandom;

const WHO: &str = "656005750104";

fn who(uuid: &str) -> CareIdentityUuid {
    uuid.parse().unwrap()
}

fn chosen(pin: &str) -> Result<Pin, FieldErrors> {
    Pin::chosen(pin, pin, &who(WHO), "Robin O'Connor-Agent")
}

fn code(refused: Result<Pin, FieldErrors>) -> String {
    refused.err().map(|errors| format!("{}:{}", errors.0[0].field, errors.0[0].code)).unwrap_or_default()
}

#[test]
fn a_pin_that_would_be_guessed_is_refused() {
    for (pin, why) in [
        ("", "pin:pin_length"),
        ("1928374", "pin:pin_length"),
        (&"x7".repeat(33), "pin:pin_length"),
        ("11111111", "pin:pin_repeats"),
        ("12121212", "pin:pin_repeats"),
        ("abcabcabc", "pin:pin_repeats"),
        ("48294829", "pin:pin_repeats"),
        ("12345678", "pin:pin_run"),
        ("98765432", "pin:pin_run"),
        ("aBcDeFgH", "pin:pin_run"),
        ("Password9", "pin:pin_common"),
        ("xxROBIN42", "pin:pin_name"),
        ("connor-39", "pin:pin_name"),
        ("656005750104", "pin:pin_name"),
        ("19283746", ""),
        ("correct horse", ""),
        ("a-4-b-5-c", ""),
    ] {
        assert_eq!(code(chosen(pin)), why, "{pin}");
    }
    assert_eq!(code(Pin::chosen("19283746", "19283747", &who(WHO), "")), "again:pin_differs");
}

#[test]
fn the_same_characters_are_the_same_pin_however_they_are_typed() {
    let (composed, apart) = ("caf\u{e9}-1928", "cafe\u{301}-1928");
    assert!(composed != apart);
    assert!(Pin::typed(composed).unwrap().0 == Pin::typed(apart).unwrap().0);
    assert!(Pin::chosen(composed, apart, &who(WHO), "").is_ok());
    // Eight keys that make seven characters are too few.
    assert!(Pin::typed("caf\u{65}\u{301}-19").is_none());
    assert!(Pin::typed(&"a\u{301}".repeat(2_000)).is_none());
}

#[test]
fn only_this_pin_of_this_person_with_this_secret_opens_it() {
    let random = SystemRandom::default();
    let (key, secret, id) = (Secret::new([7; 32]), Secret::new([9; 32]), uuid::Uuid::from_u128(1));
    let (author, other) = (who(WHO), who("555086689106"));
    let whose = Whose { author: &author, id };
    let pin = Pin::typed("19283746").unwrap();
    let wrapped = Wrapped::new(&key, &pin, &secret, whose, &random).unwrap();
    assert_eq!(wrapped.open(&pin, &secret, whose), Some(key.clone()));
    assert_eq!(wrapped.open(&Pin::typed("19283747").unwrap(), &secret, whose), None, "another PIN");
    assert_eq!(wrapped.open(&pin, &Secret::new([8; 32]), whose), None, "another key store");
    assert_eq!(wrapped.open(&pin, &secret, Whose { author: &other, id }), None, "another person's");
    assert_eq!(wrapped.open(&pin, &secret, Whose { id: uuid::Uuid::from_u128(2), ..whose }), None, "another PIN's");
    let again = Wrapped::new(&key, &pin, &secret, whose, &random).unwrap();
    assert!(again != wrapped, "salted, and never sealed twice alike");
    for at in [0, 1, 13, wrapped.sealed.len() - 1] {
        let mut changed = wrapped.clone();
        changed.sealed[at] ^= 1;
        assert_eq!(changed.open(&pin, &secret, whose), None, "byte {at} changed");
    }
    let cut = Wrapped { sealed: wrapped.sealed[..12].to_vec(), ..wrapped.clone() };
    assert_eq!(cut.open(&pin, &secret, whose), None);
    assert!(!wrapped.sealed.windows(8).any(|bytes| bytes == [7; 8]));
    assert_eq!(format!("{wrapped:?}"), "Wrapped(…)");
}
