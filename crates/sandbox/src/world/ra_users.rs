//! The RA users of every practice world: made-up people with smartcards, each worth trying for one reason.

use contract::cis2::NrbacRole;
use contract::{
    Authenticator, AuthenticatorKind, AuthenticatorState, CareIdentityUuid, NhsNetAddress, PersonName, Profile,
    ProfileStatus,
};
use gateway::directory_file::AccountState;
use serde::{Deserialize, Serialize};

use super::organisations::{self, FEDERATION, LEAD_PRACTICE, TRUST};
use super::people::{authenticator_id, uuid};
use super::{Account, Person};

/// What trying an RA user shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// They may find and register.
    MayRegister,
    /// They may find and look.
    MayLook,
    /// RA Desk has nothing for them.
    NoAccess,
    /// Their sign-in does not come to a good end.
    GoesWrong,
}

/// An RA user as the issuer knows them. Name and authenticators stand on their profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RaUser {
    /// Care Identity UUID.
    pub uuid: CareIdentityUuid,
    /// What trying them shows.
    pub group: Group,
    /// What makes them worth trying.
    pub note: String,
    /// Their roles.
    pub roles: Vec<NrbacRole>,
    /// Identity assurance level: 3 for everybody who was checked as national rules demand.
    pub id_assurance_level: u8,
    /// Whether the issuer refuses the sign-in (`access_denied`) once this person is chosen.
    pub refused_at_sign_in: bool,
}

/// An RA user together with their own profile.
#[derive(Debug, Clone)]
pub struct SpecialRaUser {
    /// What the issuer knows.
    pub user: RaUser,
    /// Their profile.
    pub person: Person,
    /// Their own NHS.net Connect account.
    pub account: Account,
}

impl SpecialRaUser {
    /// The Care Identity UUID.
    pub fn uuid(&self) -> &CareIdentityUuid {
        &self.user.uuid
    }

    /// Given and family name, as the issuer tells it.
    pub fn name(&self) -> String {
        self.person.profile.name.short()
    }

    /// The role profile (URID) of a role at an organisation.
    pub fn role_at(&self, ods: &str) -> Option<&str> {
        self.user.roles.iter().find(|role| role.org_code == ods).map(|role| role.person_roleid.as_str())
    }
}

/// All of them, in the order in which they are shown.
pub fn all() -> Vec<SpecialRaUser> {
    vec![
        owen_pritchard(),
        priya_raman(),
        tomasz_lukaszewski(),
        hannah_whitlock(),
        grace_adeyemi(),
        isaac_thornbury(),
        margaret_osei(),
        callum_drummond(),
        shazia_mirza(),
        edward_lascelles(),
        sian_probert(),
        kenji_harcourt(),
        beatriz_almeida(),
    ]
}

/// RA Agent with one role.
pub fn owen_pritchard() -> SpecialRaUser {
    Made::new(1, "Owen", "Pritchard", "1985-07-19")
        .holds(&Job::RA_AGENT, &[TRUST])
        .with_nhs_net_connect()
        .note(Group::MayRegister, "RA Agent with one role: chosen without asking. Has NHS.net Connect too.")
}

/// RA Manager with one role.
pub fn priya_raman() -> SpecialRaUser {
    Made::new(2, "Priya", "Raman", "1974-02-08")
        .holds(&Job::RA_MANAGER, &[TRUST])
        .note(Group::MayRegister, "RA Manager with one role.")
}

/// RA Agent (Advanced).
pub fn tomasz_lukaszewski() -> SpecialRaUser {
    Made::new(3, "Tomasz", "Łukaszewski", "1980-10-10")
        .holds(&Job::RA_AGENT_ADVANCED, &["RZ8"])
        .note(Group::MayRegister, "RA Agent (Advanced), at another organisation; a Polish letter in the name.")
}

/// Two roles, of which one opens RA Desk.
pub fn hannah_whitlock() -> SpecialRaUser {
    Made::new(4, "Hannah", "Whitlock", "1990-01-15")
        .holds(&Job::NURSE, &["RZ901"])
        .holds(&Job::RA_AGENT, &[TRUST])
        .note(Group::MayRegister, "Two roles, asked which: RA Agent opens RA Desk, Nurse does not.")
}

/// RA Agent at seven practices and RA Manager at an eighth.
pub fn grace_adeyemi() -> SpecialRaUser {
    Made::new(5, "Grace", "Adeyemi", "1977-05-27")
        .holds(&Job::RA_AGENT, &FEDERATION)
        .holds(&Job::RA_MANAGER, &[LEAD_PRACTICE])
        .note(Group::MayRegister, "RA Agent at seven practices and RA Manager at an eighth: choose by ODS code.")
}

/// RA Agent without NHS.net Connect on their own profile.
pub fn isaac_thornbury() -> SpecialRaUser {
    Made::new(6, "Isaac", "Thornbury", "1994-09-09")
        .holds(&Job::RA_AGENT, &[TRUST])
        .note(Group::MayRegister, "RA Agent without NHS.net Connect: try to register your own profile. It is refused.")
}

/// Sponsor.
pub fn margaret_osei() -> SpecialRaUser {
    Made::new(7, "Margaret", "Osei", "1966-03-22")
        .holds(&Job::SPONSOR, &[TRUST])
        .note(Group::MayLook, "Sponsor (B1300): may find and look, not register.")
}

/// ID Checker.
pub fn callum_drummond() -> SpecialRaUser {
    Made::new(8, "Callum", "Drummond", "1998-12-01")
        .holds(&Job::ID_CHECKER, &[TRUST])
        .note(Group::MayLook, "RA Agent ID Checker (B0267): may find and look, not register.")
}

/// Local Smartcard Administrator.
pub fn shazia_mirza() -> SpecialRaUser {
    Made::new(9, "Shazia", "Mirza", "1983-06-06")
        .holds(&Job::LOCAL_SMARTCARD_ADMINISTRATOR, &["FZ971"])
        .note(Group::MayLook, "Local Smartcard Administrator (B0274) at a pharmacy: may find and look, not register.")
}

/// A doctor.
pub fn edward_lascelles() -> SpecialRaUser {
    Made::new(10, "Edward", "Lascelles", "1962-08-30")
        .titled("Dr")
        .holds(&Job::DOCTOR, &["RZ901"])
        .note(Group::NoAccess, "A doctor with no RA role (R8000): signs in, and is told why there is nothing here.")
}

/// Nobody's role.
pub fn sian_probert() -> SpecialRaUser {
    Made::new(11, "Siân", "Probert", "1999-04-12").note(Group::NoAccess, "Has no role at all: the claim is absent.")
}

/// Identity level 2.
pub fn kenji_harcourt() -> SpecialRaUser {
    let mut made = Made::new(12, "Kenji", "Harcourt", "1988-11-11").holds(&Job::RA_AGENT, &[TRUST]);
    made.id_assurance_level = 2;
    made.note(Group::GoesWrong, "RA Agent with identity level 2: the sign-in must be refused, level 3 is needed.")
}

/// Refused by the issuer.
pub fn beatriz_almeida() -> SpecialRaUser {
    let mut made = Made::new(13, "Beatriz", "Almeida", "1971-01-03").holds(&Job::RA_AGENT, &[TRUST]);
    made.refused_at_sign_in = true;
    made.note(Group::GoesWrong, "The smartcard was cancelled: the issuer answers access_denied.")
}

/// A national role, with the activities that make it what it is.
struct Job {
    code: &'static str,
    name: &'static str,
    activities: &'static [&'static str],
}

impl Job {
    const RA_MANAGER: Self = Self {
        code: "S0080:G0450:R5080",
        name: r#""Admin & Clerical":"Management - A & C":"Registration Authority Manager""#,
        activities: &[],
    };
    const RA_AGENT: Self = Self {
        code: "S0080:G0440:R5090",
        name: r#""Admin & Clerical":"Admin":"Registration Authority Agent""#,
        activities: &[],
    };
    const RA_AGENT_ADVANCED: Self = Self { activities: &["B0272"], ..Self::RA_AGENT };
    const CLERK: Self = Self {
        code: "S8001:G8002:R8008",
        name: r#""Admin & Clerical":"Admin":"Admin/Clinical Support Access Role""#,
        activities: &[],
    };
    const SPONSOR: Self = Self { activities: &["B1300"], ..Self::CLERK };
    const ID_CHECKER: Self = Self { activities: &["B0267"], ..Self::CLERK };
    const LOCAL_SMARTCARD_ADMINISTRATOR: Self = Self { activities: &["B0274"], ..Self::CLERK };
    const DOCTOR: Self = Self {
        code: "S8000:G8000:R8000",
        name: r#""Clinical":"Clinical Provision":"Clinical Practitioner Access Role""#,
        activities: &[],
    };
    const NURSE: Self = Self {
        code: "S8000:G8000:R8001",
        name: r#""Clinical":"Clinical Provision":"Nurse Access Role""#,
        activities: &[],
    };
}

/// The roles of somebody who is not an RA user: one everyday role at each place where they have a position.
pub(crate) fn everyday_roles(profile: &Profile) -> Vec<NrbacRole> {
    let jobs = [&Job::DOCTOR, &Job::NURSE, &Job::CLERK];
    let last = profile.uuid.as_str().bytes().last().unwrap_or(b'0');
    let job = jobs[usize::from(last) % jobs.len()];
    let places = profile.positions.iter().map(|organisation| organisation.code.as_str());
    places.enumerate().map(|(place, ods)| role(&profile.uuid, place, job, ods)).collect()
}

/// A role profile's number holds the last ten digits of the person's, so that no two people share one.
fn role(uuid: &CareIdentityUuid, place: usize, job: &Job, ods: &str) -> NrbacRole {
    let number = |offset| format!("{}{:02}", &uuid.as_str()[2..], place + offset);
    NrbacRole {
        person_roleid: number(1),
        person_orgid: Some(number(51)),
        org_code: ods.to_owned(),
        role_name: job.name.to_owned(),
        role_code: job.code.to_owned(),
        activity_codes: job.activities.iter().map(|code| (*code).to_owned()).collect(),
    }
}

/// An RA user under construction: a smartcard, identity level 3, no role yet.
struct Made {
    profile: Profile,
    roles: Vec<NrbacRole>,
    id_assurance_level: u8,
    refused_at_sign_in: bool,
    address: NhsNetAddress,
}

impl Made {
    fn new(number: u32, given: &str, family: &str, born: &str) -> Self {
        let mailbox = format!("{}.{}", names::fold(given), names::fold(family));
        let address: NhsNetAddress = format!("{mailbox}@nhs.net").parse().expect("an address");
        let uuid = uuid(number);
        let smartcard = Authenticator {
            id: authenticator_id(&uuid, 0),
            kind: AuthenticatorKind::Smartcard,
            state: AuthenticatorState::Linked,
            address: None,
            added_at: "2023-03-14T10:00:00Z".parse().expect("a time"),
            added_by: None,
        };
        let profile = Profile {
            uuid,
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
            positions: Vec::new(),
            authenticators: vec![smartcard],
        };
        Self { profile, roles: Vec::new(), id_assurance_level: 3, refused_at_sign_in: false, address }
    }

    fn titled(mut self, title: &str) -> Self {
        self.profile.name.title = Some(title.to_owned());
        self
    }

    fn holds(mut self, job: &Job, places: &[&str]) -> Self {
        for ods in places {
            self.roles.push(role(&self.profile.uuid, self.roles.len(), job, ods));
            self.profile.positions.push(organisations::organisation(ods));
        }
        self
    }

    fn with_nhs_net_connect(mut self) -> Self {
        self.profile.authenticators.push(Authenticator {
            id: authenticator_id(&self.profile.uuid, 1),
            kind: AuthenticatorKind::NhsNetConnect,
            state: AuthenticatorState::Linked,
            address: Some(self.address.clone()),
            added_at: "2025-11-20T14:05:00Z".parse().expect("a time"),
            added_by: None,
        });
        self
    }

    fn note(self, group: Group, note: &str) -> SpecialRaUser {
        let number = &self.profile.uuid.as_str()[9..];
        let nino = format!("SX005{number}A").parse().expect("a number");
        let user = RaUser {
            uuid: self.profile.uuid.clone(),
            group,
            note: note.to_owned(),
            roles: self.roles,
            id_assurance_level: self.id_assurance_level,
            refused_at_sign_in: self.refused_at_sign_in,
        };
        let account = Account { address: self.address, state: AccountState::Active, shared_mailbox: false };
        SpecialRaUser { user, person: Person { profile: self.profile, nino: Some(nino) }, account }
    }
}
