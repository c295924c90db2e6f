//! Folding and matching of people's names.
//!
//! The same rules at the desk, at the gateway and in practice, so that a name found online is found offline.
//! Accents, apostrophes, hyphens, case and the order of names do not matter; spelling does. Misspelt names are
//! deliberately absent here: they come with the clinics.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A name in the form in which names are compared: lower case, without accents and apostrophes, words apart by
/// one space. `O’Connor-Smith` is `oconnor smith`; `Łukasz` is `lukasz`.
pub fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            '\'' | '’' | '‘' | '`' | 'ʼ' | '´' | '.' => {}
            c if c.is_alphanumeric() => {
                if gap && !folded.is_empty() {
                    folded.push(' ');
                }
                gap = false;
                match plain(c) {
                    Some(letters) => folded.push_str(letters),
                    None => folded.push(c),
                }
            }
            _ => gap = true,
        }
    }
    folded
}

/// Letters that no decomposition makes plain, though people type them so.
const fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ı' => "i",
        _ => return None,
    })
}

/// How well a name answers what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// The same after folding.
    Same,
    /// The name, or a later word of it, begins like that.
    Begins,
}

/// Compares a name on a profile with what was typed. Both are folded here.
///
/// A later word counts as a beginning too, so that `Smith` finds `O'Connor-Smith`.
pub fn compare(name: &str, typed: &str) -> Option<Closeness> {
    let (name, typed) = (fold(name), fold(typed));
    if typed.is_empty() {
        return None;
    }
    if name == typed {
        return Some(Closeness::Same);
    }
    let begins = name.starts_with(&typed) || name.match_indices(' ').any(|(at, _)| name[at + 1..].starts_with(&typed));
    begins.then_some(Closeness::Begins)
}

/// The keys under which a name is listed for search by beginning: the folded name, and each later word of it.
pub fn search_keys(name: &str) -> Vec<String> {
    let folded = fold(name);
    let mut keys: Vec<String> = folded.match_indices(' ').map(|(at, _)| folded[at + 1..].to_owned()).collect();
    if !folded.is_empty() {
        keys.insert(0, folded);
    }
    keys
}

/// The first text after all those that begin with `prefix`, for a range over sorted keys. None where there is none.
pub fn after_prefix(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        // The next scalar value, stepping over the surrogate range.
        if let Some(next) = (last as u32 + 1..=char::MAX as u32).find_map(char::from_u32) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// Whether a mailbox name looks like the person's: `sam.taylor2` for Sam Taylor, also with initials or in the
/// other order.
pub fn mailbox_fits(mailbox: &str, given: &str, family: &str) -> bool {
    let letters = |text: &str| -> String { fold(text).chars().filter(|c| c.is_alphabetic()).collect() };
    let mailbox_words: Vec<String> =
        mailbox.split(['.', '-', '_', '\'']).map(letters).filter(|word| !word.is_empty()).collect();
    let joined: String = mailbox_words.concat();
    let family_words: Vec<String> = fold(family).split(' ').map(letters).collect();
    let family_joined: String = family_words.concat();
    let given_first = fold(given).split(' ').next().map(letters).unwrap_or_default();
    let has_family = joined.contains(&family_joined)
        || family_words.iter().any(|word| word.len() > 2 && mailbox_words.contains(word));
    let has_given = mailbox_words
        .iter()
        .any(|word| *word == given_first || (word.len() == 1 && given_first.starts_with(word.as_str())))
        || joined.contains(&given_first);
    has_family && has_given
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folding_forgets_what_people_do_not_type() {
        for (name, folded) in [
            ("Siobhán", "siobhan"),
            ("O’Connor-Smith", "oconnor smith"),
            ("  Łukasz  ", "lukasz"),
            ("van der Berg", "van der berg"),
            ("Nguyễn", "nguyen"),
            ("STRAẞE", "strasse"),
            ("Bjørn", "bjorn"),
            ("St. John", "st john"),
            ("", ""),
            ("-", ""),
        ] {
            assert_eq!(fold(name), folded, "{name}");
        }
    }

    #[test]
    fn comparing() {
        assert_eq!(compare("O'Connor-Smith", "oconnor smith"), Some(Closeness::Same));
        assert_eq!(compare("O'Connor-Smith", "Smi"), Some(Closeness::Begins));
        assert_eq!(compare("O'Connor-Smith", "mith"), None);
        assert_eq!(compare("Smith", ""), None);
    }

    #[test]
    fn mailboxes_that_fit() {
        for (mailbox, given, family, fits) in [
            ("sam.taylor2", "Sam", "Taylor", true),
            ("s.taylor", "Sam", "Taylor", true),
            ("siobhan.o'connor", "Siobhán", "O'Connor", true),
            ("siobhan.oconnor-smith", "Siobhán", "O'Connor-Smith", true),
            ("siobhan.smith", "Siobhán", "O'Connor-Smith", true),
            ("taylor.sam", "Sam", "Taylor", true),
            ("jo.bloggs", "Sam", "Taylor", false),
            ("ward7.reception", "Sam", "Taylor", false),
            ("sam.jones", "Sam", "Taylor", false),
        ] {
            assert_eq!(mailbox_fits(mailbox, given, family), fits, "{mailbox} for {given} {family}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
            prop_assert!(!once.starts_with(' ') && !once.ends_with(' ') && !once.contains("  "));
        }

        #[test]
        fn a_prefix_range_holds_just_the_names_that_begin_so(stem in "[a-zé]{1,5}", name in "[a-zé]{1,8}") {
            let (stem, name) = (fold(&stem), fold(&name));
            let end = after_prefix(&stem).unwrap();
            prop_assert_eq!(name >= stem && name < end, name.starts_with(&stem));
        }

        #[test]
        fn a_name_is_found_by_its_beginning(name in "[A-Za-zÀ-ÿ' -]{1,20}", take in 1_usize..6) {
            let folded = fold(&name);
            prop_assume!(!folded.is_empty());
            let start: String = folded.chars().take(take).collect();
            prop_assume!(!fold(&start).is_empty());
            prop_assert!(compare(&name, &start).is_some());
        }
    }
}
