//! The people of the practice world: made up, the same for the same seed.
//!
//! Everybody is invented. UUIDs begin with 999, National Insurance numbers are valid in form and drawn at random,
//! organisations and their ODS codes exist nowhere.

mod generate;
mod names;
pub mod organisations;
pub mod people;
pub mod prng;
pub mod ra_users;

use std::collections::HashMap;

use contract::cis2::NrbacRole;
use contract::{CareIdentityUuid, NationalInsuranceNumber, NhsNetAddress, Profile, ProfileStatus};
use gateway::directory_file::{AccountState, DirectoryRecord};
use serde::{Deserialize, Serialize};

pub use ra_users::RaUser;

/// A profile and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The profile.
    pub profile: Profile,
    /// The National Insurance number it holds.
    pub nino: Option<NationalInsuranceNumber>,
}

/// An NHS.net Connect account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its address.
    pub address: NhsNetAddress,
    /// Whether it can be used.
    pub state: AccountState,
    /// Whether it is nobody's own.
    pub shared_mailbox: bool,
}

/// Somebody to look up and try, for the start page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorthTrying {
    /// Care Identity UUID.
    pub uuid: CareIdentityUuid,
    /// The address to register.
    pub address: NhsNetAddress,
    /// Why.
    pub note: String,
}

/// Everybody, and what is worth trying.
#[derive(Debug, Clone)]
pub struct World {
    people: Vec<Person>,
    accounts: Vec<Account>,
    cast: Cast,
    by_uuid: HashMap<CareIdentityUuid, usize>,
    by_address: HashMap<NhsNetAddress, usize>,
}

/// What the directory file does not hold: `world.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cast {
    /// RA users.
    pub ra_users: Vec<RaUser>,
    /// People with a reason to try them.
    pub worth_trying: Vec<WorthTrying>,
}

impl World {
    /// Makes a world of so many people. The fixed ones are always there, also when fewer are asked for.
    pub fn generate(seed: u64, people: usize) -> Self {
        let mut made = generate::Population::fixed(seed);
        while made.people.len() < people {
            made.ordinary();
        }
        let worth_trying = people::all()
            .into_iter()
            .map(|special| WorthTrying {
                uuid: special.person.profile.uuid,
                address: special.address,
                note: special.note.to_owned(),
            })
            .collect();
        let ra_users = ra_users::all().into_iter().map(|special| special.user).collect();
        Self::of(made.people, made.accounts, Cast { ra_users, worth_trying })
    }

    /// Puts a world together again from what was written down.
    pub(crate) fn from_records(records: impl IntoIterator<Item = DirectoryRecord>, cast: Cast) -> Self {
        let (mut people, mut accounts) = (Vec::new(), Vec::new());
        for record in records {
            match record {
                DirectoryRecord::Profile { profile, nino } => people.push(Person { profile: *profile, nino }),
                DirectoryRecord::Account { address, state, shared_mailbox } => {
                    accounts.push(Account { address, state, shared_mailbox });
                }
            }
        }
        Self::of(people, accounts, cast)
    }

    fn of(people: Vec<Person>, accounts: Vec<Account>, cast: Cast) -> Self {
        let by_uuid = people.iter().enumerate().map(|(at, person)| (person.profile.uuid.clone(), at)).collect();
        let by_address = accounts.iter().enumerate().map(|(at, account)| (account.address.clone(), at)).collect();
        Self { people, accounts, cast, by_uuid, by_address }
    }

    /// Everybody, the fixed people first.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// All NHS.net Connect accounts.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// RA users and people worth trying.
    pub fn cast(&self) -> &Cast {
        &self.cast
    }

    /// The lines of the directory file.
    pub fn records(&self) -> impl Iterator<Item = DirectoryRecord> {
        let profiles = self.people.iter().map(|person| DirectoryRecord::Profile {
            profile: Box::new(person.profile.clone()),
            nino: person.nino.clone(),
        });
        let accounts = self.accounts.iter().map(|account| DirectoryRecord::Account {
            address: account.address.clone(),
            state: account.state,
            shared_mailbox: account.shared_mailbox,
        });
        profiles.chain(accounts)
    }

    /// The person of a UUID.
    pub fn person(&self, uuid: &CareIdentityUuid) -> Option<&Person> {
        self.by_uuid.get(uuid).map(|at| &self.people[*at])
    }

    /// The account of an address.
    pub fn account(&self, address: &NhsNetAddress) -> Option<&Account> {
        self.by_address.get(address).map(|at| &self.accounts[*at])
    }

    /// The RA user of a UUID.
    pub fn ra_user(&self, uuid: &CareIdentityUuid) -> Option<&RaUser> {
        self.cast.ra_users.iter().find(|user| user.uuid == *uuid)
    }

    /// The roles of a person: those of an RA user as written down, everyday ones for everybody else.
    pub fn roles(&self, person: &Person) -> Vec<NrbacRole> {
        match self.ra_user(&person.profile.uuid) {
            Some(user) => user.roles.clone(),
            None => ra_users::everyday_roles(&person.profile),
        }
    }

    /// How well a person's identity was checked: 3, unless nobody did or the person is there to have less.
    pub fn id_assurance_level(&self, person: &Person) -> u8 {
        match self.ra_user(&person.profile.uuid) {
            Some(user) => user.id_assurance_level,
            None if person.profile.status == ProfileStatus::Unverified => 1,
            None => 3,
        }
    }
}
