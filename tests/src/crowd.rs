//! Many people who can be registered without a second look, always the same ones in the same order.

use std::collections::HashSet;

use contract::{CareIdentityUuid, NhsNetAddress, Profile, ProfileStatus};
use gateway::directory_file::AccountState;
use sandbox::world::{Person, World};

/// Whom to register, and with which address.
pub type Somebody = (CareIdentityUuid, NhsNetAddress);

/// About a quarter of a practice world of so many people.
pub fn everybody(people: usize) -> Vec<Somebody> {
    let all = everybody_with_profile(people).into_iter();
    all.map(|(profile, address)| (profile.uuid, address)).collect()
}

/// The same, with the profiles that the gateway shows of them.
pub fn everybody_with_profile(people: usize) -> Vec<(Profile, NhsNetAddress)> {
    let world = World::generate(sandbox::Options::default().seed, people);
    let linked: HashSet<NhsNetAddress> = world
        .people()
        .iter()
        .flat_map(|person| person.profile.authenticators.iter().filter_map(|a| a.address.clone()))
        .collect();
    let plain = |person: &Person| -> Option<(Profile, NhsNetAddress)> {
        let profile = &person.profile;
        let address: NhsNetAddress = profile.email.as_deref()?.parse().ok()?;
        let account = world.account(&address)?;
        let fits = profile.status == ProfileStatus::Active
            && profile.authenticators.is_empty()
            && account.state == AccountState::Active
            && !account.shared_mailbox
            && !linked.contains(&address);
        fits.then(|| (profile.clone(), address))
    };
    world.people().iter().filter_map(plain).collect()
}
