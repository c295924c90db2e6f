//! The people.

use std::collections::{HashMap, HashSet};

use contract::{AuthenticatorKind, MAX_MATCHES, ProfileStatus};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use sandbox::world::organisations::TRUST;
use sandbox::world::people::{self, COMMON_FAMILY};
use sandbox::world::ra_users;
use sandbox::world::{Person, World};

fn lines(world: &World) -> Vec<String> {
    world.records().map(|record| serde_json::to_string(&record).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_the_seed_everybody_is_one_person(seed in any::<u64>(), people in 0_usize..700) {
        let world = World::generate(seed, people);
        prop_assert!(world.people().len() >= people);
        let uuids: HashSet<_> = world.people().iter().map(|person| &person.profile.uuid).collect();
        prop_assert_eq!(uuids.len(), world.people().len());
        prop_assert!(uuids.iter().all(|uuid| uuid.as_str().starts_with("999")));
        let ninos: Vec<_> = world.people().iter().filter_map(|person| person.nino.as_ref()).collect();
        prop_assert_eq!(ninos.iter().collect::<HashSet<_>>().len(), ninos.len());
        let accounts: HashSet<_> = world.accounts().iter().map(|account| &account.address).collect();
        prop_assert_eq!(accounts.len(), world.accounts().len());
        let roles: Vec<_> = world.people().iter().flat_map(|person| world.roles(person)).collect();
        let ids: HashSet<_> = roles.iter().map(|role| role.person_roleid.as_str()).collect();
        prop_assert_eq!(ids.len(), roles.len());
        for role in &roles {
            prop_assert!(role.role_code.parse::<contract::RoleCode>().is_ok());
            prop_assert!(role.person_roleid.parse::<contract::RoleProfileId>().is_ok());
            prop_assert!(role.org_code.parse::<contract::OdsCode>().is_ok());
        }
        for person in world.people() {
            let held = person.profile.authenticators.iter();
            for address in held.filter_map(|authenticator| authenticator.address.as_ref()) {
                prop_assert!(world.account(address).is_some(), "an account that is linked exists");
            }
            prop_assert_eq!(person.profile.nino_held, person.nino.is_some());
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_people(seed in any::<u64>()) {
        let (one, other) = (World::generate(seed, 300), World::generate(seed, 300));
        prop_assert_eq!(lines(&one), lines(&other));
        let larger = World::generate(seed, 400);
        prop_assert_eq!(&larger.people()[..300], one.people(), "more people do not change the first");
        prop_assert!(World::generate(seed.wrapping_add(1), 300).people()[200..] != one.people()[200..]);
    }

    #[test]
    fn the_people_worth_trying_are_always_there(seed in any::<u64>(), many in 0_usize..400) {
        let world = World::generate(seed, many);
        for special in people::all() {
            prop_assert_eq!(world.person(special.uuid()), Some(&special.person));
            prop_assert_eq!(world.account(&special.address), special.account.as_ref());
            let family = special.person.profile.name.family.as_str();
            let of_that_name = world.people().iter().filter(|person| person.profile.name.family.as_str() == family);
            prop_assert!(of_that_name.count() <= 2, "{} is not lost in a crowd", family);
        }
        for special in ra_users::all() {
            prop_assert_eq!(world.ra_user(special.uuid()), Some(&special.user));
            let kinds = special.person.profile.authenticators.iter().map(|authenticator| authenticator.kind);
            prop_assert!(kinds.into_iter().any(|kind| kind == AuthenticatorKind::Smartcard));
        }
    }
}

#[test]
fn this_version_makes_the_people_of_the_version_before() {
    // Written down once. Whoever changes it changes the people of every practice world that is made anew.
    let world = World::generate(1, 2_000);
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in lines(&world).join("\n").bytes() {
        digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    assert_eq!(format!("{digest:016x}"), "a585036e090d596f");
}

#[test]
fn there_are_enough_of_everybody() {
    let world = World::generate(1, 2_000);
    let all = world.people();
    let share = |test: &dyn Fn(&Person) -> bool| 100 * all.iter().filter(|person| test(person)).count() / all.len();
    let holds = |person: &Person, kind| person.profile.authenticators.iter().any(|held| held.kind == kind);
    let none = share(&|person| person.profile.authenticators.is_empty());
    assert!((30..=38).contains(&none), "{none} of 100 have no authenticator");
    let smartcard = share(&|person| holds(person, AuthenticatorKind::Smartcard));
    assert!((48..=60).contains(&smartcard), "{smartcard} of 100 have a smartcard");
    for kind in [
        AuthenticatorKind::NhsNetConnect,
        AuthenticatorKind::WindowsHello,
        AuthenticatorKind::SecurityKey,
        AuthenticatorKind::IpadApp,
        AuthenticatorKind::AuthenticatorApp,
        AuthenticatorKind::Passkey,
    ] {
        assert!(all.iter().any(|person| holds(person, kind)), "{kind:?}");
    }
    for status in [ProfileStatus::Unverified, ProfileStatus::Restricted, ProfileStatus::Closed] {
        assert!(all.iter().any(|person| person.profile.status == status), "{status:?}");
    }
    for letters in ["á", "ł", "’", "'", "-", "van ", "Mc", "Mac", "ô", "ễ", "ü"] {
        let has = |person: &Person| person.profile.name.short().contains(letters);
        assert!(all.iter().any(has), "no name with {letters}");
    }
    let mut names: HashMap<String, usize> = HashMap::new();
    all.iter().for_each(|person| *names.entry(person.profile.name.short()).or_default() += 1);
    assert!(names.values().any(|count| *count > 1), "some people have the same name");

    let common = all.iter().filter(|person| {
        person.profile.name.family.as_str() == COMMON_FAMILY
            && person.profile.positions.iter().any(|organisation| organisation.code.as_str() == TRUST)
    });
    assert!(common.count() > MAX_MATCHES);
}
