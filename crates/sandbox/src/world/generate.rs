//! The many ordinary people around the ones worth trying.

use std::collections::HashSet;

use contract::{
    Authenticator, AuthenticatorKind, AuthenticatorState, BirthDate, CareIdentityUuid, NationalInsuranceNumber,
    NhsNetAddress, PersonName, Profile, ProfileStatus,
};
use gateway::directory_file::AccountState;
use jiff::Timestamp;
use jiff::civil::date;

use super::organisations::{self, TRUST};
use super::people::{self, COMMON_COUNT, COMMON_FAMILY, authenticator_id};
use super::prng::Prng;
use super::{Account, Person, names as name_pools, ra_users};

/// Makes people one after the other and remembers what is taken.
///
/// The first thousand people of a seed are the same whether a thousand are made or a million.
pub(super) struct Population {
    prng: Prng,
    pub(super) people: Vec<Person>,
    pub(super) accounts: Vec<Account>,
    uuids: HashSet<CareIdentityUuid>,
    addresses: HashSet<NhsNetAddress>,
    ninos: HashSet<NationalInsuranceNumber>,
}

impl Population {
    /// The fixed people, who stand at the head of every world.
    pub(super) fn fixed(seed: u64) -> Self {
        let mut made = Self {
            prng: Prng::new(seed, 1),
            people: Vec::new(),
            accounts: Vec::new(),
            uuids: HashSet::new(),
            addresses: HashSet::new(),
            ninos: HashSet::new(),
        };
        for special in people::all() {
            // Two of them share one account, which the directory lists once.
            let account = special.account.filter(|account| !made.addresses.contains(&account.address));
            made.add(special.person, account);
        }
        for account in people::further_accounts() {
            made.add_account(account);
        }
        for special in ra_users::all() {
            made.add(special.person, Some(special.account));
        }
        // Addresses that must stay free, because a special person's note says that they do not exist.
        made.addresses.extend(people::all().into_iter().map(|special| special.address));
        made.common_family();
        for place in 0..organisations::COUNT {
            made.shared_mailbox(place);
        }
        made
    }

    /// One more person.
    pub(super) fn ordinary(&mut self) {
        let drawn = name_pools::draw(&mut self.prng);
        let uuid = self.uuid();
        let name = PersonName {
            title: self.title(),
            given: drawn.given.parse().expect("a given name of the pools"),
            middle: drawn.middle.map(|middle| middle.parse().expect("a given name of the pools")),
            // Two long names together may be longer than a family name may be; the first alone never is.
            family: drawn
                .family
                .parse()
                .or_else(|_| drawn.family.split('-').next().unwrap_or_default().parse())
                .expect("a family name of the pools"),
        };
        let status = match self.prng.below(100) {
            0..=92 => ProfileStatus::Active,
            93..=95 => ProfileStatus::Unverified,
            96..=97 => ProfileStatus::Restricted,
            _ => ProfileStatus::Closed,
        };
        let birth_date = match status {
            ProfileStatus::Unverified if self.prng.chance(60) => BirthDate::PLACEHOLDER,
            _ => self.birth_date(),
        };
        let account = (!self.prng.chance(4)).then(|| self.account(&name));
        let email = match self.prng.below(100) {
            0..=5 => None,
            6..=11 => Some(format!("{}@harbourside.example", mailbox(&name))),
            _ => account.as_ref().map(|account| account.address.to_string()),
        };
        let positions = match status {
            ProfileStatus::Closed => Vec::new(),
            _ => self.positions(),
        };
        let authenticators = match status {
            ProfileStatus::Closed => Vec::new(),
            _ => self.authenticators(&uuid, account.as_ref()),
        };
        let nino = (!self.prng.chance(8)).then(|| self.nino());
        let profile = Profile {
            uuid,
            name,
            birth_date,
            status,
            email,
            nino_held: nino.is_some(),
            managed_in_esr: self.prng.chance(45),
            positions,
            authenticators,
        };
        self.add(Person { profile, nino }, account);
    }

    /// Many people of one family name at one organisation: more than one search shows.
    fn common_family(&mut self) {
        let given_names = name_pools::common_given_names();
        for place in 0..COMMON_COUNT {
            let name = PersonName {
                title: None,
                given: given_names[place % given_names.len()].parse().expect("a given name of the pools"),
                middle: None,
                family: COMMON_FAMILY.parse().expect("a family name"),
            };
            let uuid = people::uuid(1_001 + u32::try_from(place).unwrap_or(0));
            let account = self.account(&name);
            let authenticators = self.authenticators(&uuid, Some(&account));
            let nino = self.nino();
            let profile = Profile {
                uuid,
                name,
                birth_date: self.birth_date(),
                status: ProfileStatus::Active,
                email: Some(account.address.to_string()),
                nino_held: true,
                managed_in_esr: false,
                positions: vec![organisations::organisation(TRUST)],
                authenticators,
            };
            self.add(Person { profile, nino: Some(nino) }, Some(account));
        }
    }

    fn shared_mailbox(&mut self, place: usize) {
        let code = organisations::at(place).code;
        let address = format!("{}.reception@nhs.net", code.as_str().to_ascii_lowercase());
        let address = address.parse().expect("an address");
        self.add_account(Account { address, state: AccountState::Active, shared_mailbox: true });
    }

    fn add(&mut self, person: Person, account: Option<Account>) {
        self.uuids.insert(person.profile.uuid.clone());
        self.ninos.extend(person.nino.clone());
        self.people.push(person);
        if let Some(account) = account {
            self.add_account(account);
        }
    }

    fn add_account(&mut self, account: Account) {
        self.addresses.insert(account.address.clone());
        self.accounts.push(account);
    }

    /// 999, then nine digits of which the first is not 0, so that the fixed people's numbers stay theirs.
    fn uuid(&mut self) -> CareIdentityUuid {
        loop {
            let uuid: CareIdentityUuid = format!("999{}", self.prng.digits(9)).parse().expect("12 digits");
            if !self.uuids.contains(&uuid) {
                return uuid;
            }
        }
    }

    /// Valid in form. Made up, though a real one may happen to be the same.
    fn nino(&mut self) -> NationalInsuranceNumber {
        const FIRST: &[u8] = b"ABCEGHJKLMNOPRSTWXYZ";
        const SECOND: &[u8] = b"ABCEGHJKLMNPRSTWXYZ";
        loop {
            let bits = self.prng.number();
            let letter = |letters: &[u8], bits: u64| char::from(letters[(bits % letters.len() as u64) as usize]);
            let text = format!(
                "{}{}{:06}{}",
                letter(FIRST, bits),
                letter(SECOND, bits >> 8),
                (bits >> 16) % 1_000_000,
                letter(b"ABCD", bits >> 60)
            );
            // The few forbidden pairs of letters are drawn again.
            if let Ok(nino) = text.parse::<NationalInsuranceNumber>()
                && !self.ninos.contains(&nino)
            {
                return nino;
            }
        }
    }

    fn account(&mut self, name: &PersonName) -> Account {
        let mailbox = mailbox(name);
        let mut number = u64::from(self.prng.chance(40)) * (1 + self.prng.below(60));
        let address = loop {
            let tail = if number == 0 { String::new() } else { number.to_string() };
            let address: NhsNetAddress =
                format!("{mailbox}{tail}@nhs.net").parse().expect("a mailbox of plain letters");
            if !self.addresses.contains(&address) {
                break address;
            }
            number += 1;
        };
        let state = match self.prng.below(100) {
            0..=94 => AccountState::Active,
            95..=97 => AccountState::Inactive,
            _ => AccountState::Disabled,
        };
        Account { address, state, shared_mailbox: false }
    }

    /// A third have none; most of the others a smartcard; some have more than one, or other ones.
    fn authenticators(&mut self, uuid: &CareIdentityUuid, account: Option<&Account>) -> Vec<Authenticator> {
        let mut kinds = Vec::new();
        match self.prng.below(100) {
            0..=32 => return Vec::new(),
            33..=87 => kinds.push(AuthenticatorKind::Smartcard),
            88..=90 => kinds.push(AuthenticatorKind::WindowsHello),
            91..=93 => kinds.push(AuthenticatorKind::SecurityKey),
            94..=95 => kinds.push(AuthenticatorKind::IpadApp),
            96..=97 => kinds.push(AuthenticatorKind::AuthenticatorApp),
            _ => kinds.push(AuthenticatorKind::Passkey),
        }
        if self.prng.chance(8) {
            kinds.push(AuthenticatorKind::AuthenticatorApp);
        }
        let usable = account.filter(|account| account.state == AccountState::Active);
        if usable.is_some() && self.prng.chance(12) {
            kinds.push(AuthenticatorKind::NhsNetConnect);
        }
        kinds.dedup();
        let held = kinds.into_iter().zip(0_u8..);
        held.map(|(kind, place)| Authenticator {
            id: authenticator_id(uuid, place),
            kind,
            state: AuthenticatorState::Linked,
            address: (kind == AuthenticatorKind::NhsNetConnect)
                .then(|| usable.map(|account| account.address.clone()))
                .flatten(),
            added_at: self.past(),
            added_by: None,
        })
        .collect()
    }

    fn positions(&mut self) -> Vec<contract::Organisation> {
        let how_many = match self.prng.below(100) {
            0..=5 => 0,
            6..=84 => 1,
            85..=95 => 2,
            _ => 3,
        };
        let mut positions: Vec<contract::Organisation> = Vec::new();
        for _ in 0..how_many {
            // Most work at the trust.
            let place = if self.prng.chance(40) { 0 } else { self.prng.below(organisations::COUNT as u64) as usize };
            let organisation = organisations::at(place);
            if !positions.contains(&organisation) {
                positions.push(organisation);
            }
        }
        positions
    }

    fn birth_date(&mut self) -> BirthDate {
        let first = date(1950, 1, 1);
        let days = i64::try_from(self.prng.below(20_088)).unwrap_or(0);
        let born = first.saturating_add(jiff::Span::new().days(days));
        BirthDate::try_from(born).expect("a date between 1950 and 2004")
    }

    fn title(&mut self) -> Option<String> {
        let titles = ["Mr", "Mrs", "Ms", "Miss", "Dr", "Mx"];
        self.prng.chance(55).then(|| self.prng.pick(&titles).to_owned())
    }

    /// Some second between 2018 and the spring of 2026.
    fn past(&mut self) -> Timestamp {
        let second = 1_514_764_800 + i64::try_from(self.prng.below(260_000_000)).unwrap_or(0);
        Timestamp::from_second(second).expect("a time of this century")
    }
}

/// The part before the `@`: first given name, dot, family name, in plain letters.
fn mailbox(name: &PersonName) -> String {
    let plain = |text: &str| -> String {
        let folded = names::fold(text);
        folded
            .chars()
            .map(|c| if c == ' ' { '-' } else { c })
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect()
    };
    let family = plain(name.family.as_str());
    // Particles are written together with the name: vanderberg.
    let family = if name.family.as_str().contains(' ') { family.replace('-', "") } else { family };
    format!("{}.{family}", plain(name.given.as_str()))
}
