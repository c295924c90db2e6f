//! The people who are in every practice world, whatever its seed and size, each with a reason to try them.
//!
//! Tests and the walk name them by function, so that what makes somebody worth trying stands in one place.

use contract::{
    Authenticator, AuthenticatorId, AuthenticatorKind, AuthenticatorState, CareIdentityUuid, NationalInsuranceNumber,
    NhsNetAddress, PersonName, Profile, ProfileStatus,
};
use gateway::directory_file::AccountState;
use sha2::{Digest, Sha256};

use super::organisations::{self, TRUST};
use super::{Account, Person};

/// Somebody worth trying.
#[derive(Debug, Clone)]
pub struct SpecialPerson {
    /// Profile and National Insurance number, as in the directory.
    pub person: Person,
    /// The address to register for them.
    pub address: NhsNetAddress,
    /// The account behind that address; none where there is none.
    pub account: Option<Account>,
    /// What makes them worth trying.
    pub note: &'static str,
}

impl SpecialPerson {
    /// The Care Identity UUID.
    pub fn uuid(&self) -> &CareIdentityUuid {
        &self.person.profile.uuid
    }
}

/// All of them, in the order in which they are shown.
pub fn all() -> Vec<SpecialPerson> {
    vec![
        sam_taylor(),
        siobhan_o_connor(),
        zoe_ashworth_okafor(),
        lukasz_wisniewski(),
        angharad_llewellyn(),
        derek_featherstone(),
        amina_yusuf(),
        victor_pemberton(),
        chidinma_nwosu(),
        mohammed_hussain_1979(),
        mohammed_hussain_1991(),
        fiona_macdougall(),
        fiona_mcdougall(),
        ines_carvalho(),
        bethan_parry(),
        rhys_cadwallader(),
        colin_ramsbottom(),
        jan_van_der_meer(),
        meera_krishnan(),
        wei_zhang(),
        oluwaseun_adebayo_williams(),
        niamh_mcbride(),
    ]
}

/// No authenticator, everything right.
pub fn sam_taylor() -> SpecialPerson {
    Made::new(101, "Sam", "Taylor", "1988-04-17", "sam.taylor@nhs.net")
        .note("No authenticator and everything right: the ordinary case, done from start to end.")
}

/// No authenticator; an accent and an apostrophe.
pub fn siobhan_o_connor() -> SpecialPerson {
    Made::new(102, "Siobhán", "O'Connor", "1993-11-02", "siobhan.o'connor@nhs.net")
        .note("No authenticator; an accent and an apostrophe in the name, an apostrophe in the address.")
}

/// No authenticator; a double-barrelled name.
pub fn zoe_ashworth_okafor() -> SpecialPerson {
    Made::new(103, "Zoë", "Ashworth-Okafor", "1976-06-30", "zoe.ashworth-okafor@nhs.net")
        .note("No authenticator; a double-barrelled name that is found by either half.")
}

/// No authenticator; letters that no keyboard here has.
pub fn lukasz_wisniewski() -> SpecialPerson {
    Made::new(104, "Łukasz", "Wiśniewski", "1984-02-29", "lukasz.wisniewski2@nhs.net")
        .note("No authenticator; Polish letters, born on 29 February, a number in the address.")
}

/// Has a smartcard and could register alone.
pub fn angharad_llewellyn() -> SpecialPerson {
    Made::new(105, "Angharad", "Llewellyn", "1969-03-01", "angharad.llewellyn@nhs.net")
        .holds(AuthenticatorKind::Smartcard, None)
        .note("Has a smartcard, so could register without an RA: a warning, not a refusal.")
}

/// A closed profile.
pub fn derek_featherstone() -> SpecialPerson {
    Made::new(106, "Derek", "Featherstone", "1958-09-12", "derek.featherstone@nhs.net")
        .with(|profile| {
            profile.status = ProfileStatus::Closed;
            profile.positions.clear();
        })
        .note("The profile is closed: nothing can be registered on it.")
}

/// An unverified profile with no birth date.
pub fn amina_yusuf() -> SpecialPerson {
    Made::new(107, "Amina", "Yusuf", "1900-01-01", "amina.yusuf@nhs.net")
        .with(|profile| profile.status = ProfileStatus::Unverified)
        .note("The identity was never verified; the birth date is 1 January 1900, which means not known.")
}

/// A restricted profile.
pub fn victor_pemberton() -> SpecialPerson {
    Made::new(108, "Victor", "Pemberton", "1972-12-05", "victor.pemberton@nhs.net")
        .with(|profile| profile.status = ProfileStatus::Restricted)
        .note("The profile is restricted: only Care Identity Management can change it.")
}

/// No National Insurance number on the profile.
pub fn chidinma_nwosu() -> SpecialPerson {
    let mut made = Made::new(109, "Chidinma", "Nwosu", "1990-08-21", "chidinma.nwosu@nhs.net");
    made.nino = None;
    made.note("No National Insurance number on the profile, so self-service cannot find it. No authenticator.")
}

/// One of two people of the same name.
pub fn mohammed_hussain_1979() -> SpecialPerson {
    Made::new(110, "Mohammed", "Hussain", "1979-05-14", "mohammed.hussain14@nhs.net")
        .note("One of two people called Mohammed Hussain: this one was born on 14 May 1979.")
}

/// The other of two people of the same name.
pub fn mohammed_hussain_1991() -> SpecialPerson {
    Made::new(111, "Mohammed", "Hussain", "1991-10-14", "mohammed.hussain52@nhs.net")
        .note("One of two people called Mohammed Hussain: this one was born on 14 October 1991.")
}

/// The address on the profile is linked to somebody else.
pub fn fiona_macdougall() -> SpecialPerson {
    Made::new(112, "Fiona", "MacDougall", "1981-01-25", "fiona.macdougall@nhs.net")
        .note("The address on the profile is already in use: it is linked to Fiona McDougall's profile.")
}

/// Holds the address of somebody of nearly the same name.
pub fn fiona_mcdougall() -> SpecialPerson {
    Made::new(113, "Fiona", "McDougall", "1987-07-07", "fiona.macdougall@nhs.net")
        .holds(AuthenticatorKind::NhsNetConnect, Some("fiona.macdougall@nhs.net"))
        .with(|profile| profile.email = Some("fiona.mcdougall@harbourside.example".to_owned()))
        .note("Holds the address of Fiona MacDougall: somebody once chose the wrong person.")
}

/// The e-mail address on the profile is at another domain.
pub fn ines_carvalho() -> SpecialPerson {
    Made::new(114, "Inês", "Carvalho", "1995-03-19", "ines.carvalho@nhs.net")
        .with(|profile| profile.email = Some("ines.carvalho@harbourside.example".to_owned()))
        .note("The profile has an address at another domain; the NHS.net Connect account exists all the same.")
}

/// The account is inactive.
pub fn bethan_parry() -> SpecialPerson {
    Made::new(115, "Bethan", "Parry", "1986-02-11", "bethan.parry@nhs.net")
        .account(AccountState::Inactive, false)
        .note("The account is inactive: not used for 30 days.")
}

/// The account is disabled.
pub fn rhys_cadwallader() -> SpecialPerson {
    Made::new(116, "Rhys", "Cadwallader", "1983-09-28", "rhys.cadwallader@nhs.net")
        .account(AccountState::Disabled, false)
        .note("The account is disabled, for a long leave.")
}

/// The address on the profile is a ward's.
pub fn colin_ramsbottom() -> SpecialPerson {
    Made::new(117, "Colin", "Ramsbottom", "1964-04-04", "ward7.reception@nhs.net")
        .account(AccountState::Active, true)
        .note("The address on the profile is a shared mailbox, which is nobody's account.")
}

/// The account does not exist.
pub fn jan_van_der_meer() -> SpecialPerson {
    let mut made = Made::new(118, "Jan", "van der Meer", "1978-11-30", "jan.vandermeer@nhs.net");
    made.account = None;
    made.note("The address on the profile does not exist at NHS.net Connect.")
}

/// No position anywhere.
pub fn meera_krishnan() -> SpecialPerson {
    Made::new(119, "Meera", "Krishnan", "1989-12-24", "meera.krishnan@nhs.net")
        .with(|profile| profile.positions.clear())
        .note("Has no position: an account would open nothing yet. A warning. No authenticator.")
}

/// A profile kept in ESR.
pub fn wei_zhang() -> SpecialPerson {
    Made::new(120, "Wei", "Zhang", "1992-01-31", "wei.zhang7@nhs.net")
        .with(|profile| profile.managed_in_esr = true)
        .note("The profile is managed in ESR: a warning. No authenticator.")
}

/// Has NHS.net Connect at another address.
pub fn oluwaseun_adebayo_williams() -> SpecialPerson {
    Made::new(121, "Oluwaseun", "Adebayo-Williams", "1982-05-09", "oluwaseun.adebayo-williams2@nhs.net")
        .holds(AuthenticatorKind::NhsNetConnect, Some("o.adebayo-williams@nhs.net"))
        .note("Already has NHS.net Connect, at another address: o.adebayo-williams@nhs.net.")
}

/// No e-mail address on the profile.
pub fn niamh_mcbride() -> SpecialPerson {
    Made::new(122, "Niamh", "McBride", "1997-06-16", "niamh.mcbride@nhs.net")
        .with(|profile| profile.email = None)
        .note("No e-mail address on the profile; the account exists. No authenticator.")
}

/// Number of people with [`COMMON_FAMILY`] who work at [`TRUST`]: more than one search shows.
pub const COMMON_COUNT: usize = 60;
/// A family name that more than 50 people have.
pub const COMMON_FAMILY: &str = "Smith";

/// Accounts that belong to special people beside the one to register.
pub(super) fn further_accounts() -> Vec<Account> {
    vec![Account {
        address: "o.adebayo-williams@nhs.net".parse().expect("an address"),
        state: AccountState::Active,
        shared_mailbox: false,
    }]
}

/// A UUID of the practice world: all of them begin with 999, those of people with a part in tests with 999 000.
pub(super) fn uuid(number: u32) -> CareIdentityUuid {
    format!("999000{number:06}").parse().expect("12 digits")
}

/// An authenticator id that is always the same for the same profile and place.
pub(super) fn authenticator_id(uuid: &CareIdentityUuid, place: u8) -> AuthenticatorId {
    let digest = Sha256::new().chain_update(uuid.as_str()).chain_update([place]).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string().parse().expect("a GUID")
}

/// A special person under construction: active, verified, at the trust, without authenticators.
struct Made {
    profile: Profile,
    nino: Option<NationalInsuranceNumber>,
    address: NhsNetAddress,
    account: Option<Account>,
}

impl Made {
    fn new(number: u32, given: &str, family: &str, born: &str, address: &str) -> Self {
        let address: NhsNetAddress = address.parse().expect("an address");
        let profile = Profile {
            uuid: uuid(number),
            name: PersonName {
                title: None,
                given: given.parse().expect("a given name"),
                middle: None,
                family: family.parse().expect("a family name"),
            },
            birth_date: born.parse().expect("a date"),
            status: ProfileStatus::Active,
            email: Some(address.to_string()),
            nino_held: true,
            managed_in_esr: false,
            positions: vec![organisations::organisation(TRUST)],
            authenticators: Vec::new(),
        };
        // Valid in form and made up, like everything here.
        let nino = format!("SX{:06}{}", 4_000 + number, ['A', 'B', 'C', 'D'][number as usize % 4]);
        let account = Account { address: address.clone(), state: AccountState::Active, shared_mailbox: false };
        Self { profile, nino: Some(nino.parse().expect("a number")), address, account: Some(account) }
    }

    fn holds(mut self, kind: AuthenticatorKind, address: Option<&str>) -> Self {
        self.profile.authenticators.push(Authenticator {
            id: authenticator_id(&self.profile.uuid, 0),
            kind,
            state: AuthenticatorState::Linked,
            address: address.map(|address| address.parse().expect("an address")),
            added_at: "2024-09-03T09:30:00Z".parse().expect("a time"),
            added_by: None,
        });
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Profile)) -> Self {
        change(&mut self.profile);
        self
    }

    fn account(mut self, state: AccountState, shared_mailbox: bool) -> Self {
        self.account = Some(Account { address: self.address.clone(), state, shared_mailbox });
        self
    }

    fn note(mut self, note: &'static str) -> SpecialPerson {
        self.profile.nino_held = self.nino.is_some();
        let person = Person { profile: self.profile, nino: self.nino };
        SpecialPerson { person, address: self.address, account: self.account, note }
    }
}
