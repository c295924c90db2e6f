//! From the desk's values to the page's: newtypes become text, moments become RFC 3339.
//!
//! One direction, total and without decisions. What the page sends goes the other way in `commands`.

use contract::{Access, Organisation, PersonName, RoleAccess};
use desk::{
    Attention, Draft, Found, Network, NetworkFault as Fault, OutboxCounts as Counts, PauseReason as Pause,
    PersonSignedIn, ProfileRead, RegistrationSeen, SessionNow, Submission, SyncNow,
};

use super::{
    AccessView, Attention as AttentionView, AuthenticatorView, Changed, DeclarationView, DraftView, FoundView,
    NetworkFault, NetworkView, NextStep, NoSecondCopy, NoSecondCopyView, OrganisationView, OutboxCounts, OutboxPage,
    PauseReason, PersonRow, PersonView, PolicyView, ProfileView, ProxyAsking, RegistrationView, RoleView, SessionView,
    Snapshot, Status, SubmissionView, SyncView, TakenFromView, TakenOverView, WaitView,
};

/// What the page tells of the second copy: only where there is something to be told.
const fn no_second_copy(copy: desk::SecondCopy) -> Option<NoSecondCopyView> {
    use desk::NoSecondCopy as Why;
    let desk::SecondCopy::Missing { count, why } = copy else { return None };
    let why = match why {
        Why::Away => NoSecondCopy::Away,
        Why::Slow => NoSecondCopy::Slow,
        Why::NotWritable => NoSecondCopy::NotWritable,
        Why::Full => NoSecondCopy::Full,
        Why::NoKey => NoSecondCopy::NoKey,
        Why::KeyChanged => NoSecondCopy::KeyChanged,
        Why::SameDisk => NoSecondCopy::NotSetUp,
        Why::NotKnown => NoSecondCopy::NotKnown,
        Why::NotSigned => NoSecondCopy::NotSigned,
        Why::Sealed => NoSecondCopy::Sealed,
        Why::Unreadable => NoSecondCopy::Unreadable,
        Why::Store => NoSecondCopy::Store,
    };
    Some(NoSecondCopyView { count, why })
}

impl From<desk::Snapshot> for Snapshot {
    fn from(now: desk::Snapshot) -> Self {
        Self {
            version: now.version.to_owned(),
            practice: now.practice,
            session: now.session.into(),
            network: now.network.into(),
            outbox: now.outbox.into(),
            sync: now.sync.into(),
            second_copy: no_second_copy(now.second_copy),
            servers: now.servers,
            proxy_asking: now
                .proxy_asking
                .map(|proxy| ProxyAsking { address: proxy.address, encrypted: proxy.encrypted }),
        }
    }
}

impl From<SessionNow> for SessionView {
    fn from(session: SessionNow) -> Self {
        match session {
            SessionNow::SignedOut { why } => Self::SignedOut { why },
            SessionNow::SigningIn => Self::SigningIn,
            SessionNow::Confirming { person } => Self::Confirming { person: person.into() },
            SessionNow::SignedIn { person, policy, idle_at, idle_warning_at, ends_at, to_confirm, to_send } => {
                Self::SignedIn {
                    person: person.into(),
                    policy: policy.into(),
                    idle_at: idle_at.to_string(),
                    idle_warning_at: idle_warning_at.to_string(),
                    ends_at: ends_at.to_string(),
                    to_confirm,
                    to_send,
                }
            }
            SessionNow::Locked { name, person, unknown } => {
                Self::Locked { name, person: person.map(Into::into), unknown }
            }
            SessionNow::Offline { person, policy, until, idle_at, idle_warning_at, ends_at } => Self::Offline {
                person: person.into(),
                policy: policy.into(),
                until: until.to_string(),
                idle_at: idle_at.to_string(),
                idle_warning_at: idle_warning_at.to_string(),
                ends_at: ends_at.to_string(),
            },
        }
    }
}

impl From<contract::Policy> for PolicyView {
    fn from(policy: contract::Policy) -> Self {
        Self {
            mail_domains: policy.mail_domains,
            link_lifetime_minutes: policy.link_lifetime_minutes,
            presence_required: policy.presence_required,
            queue_age_days: policy.queue_age_days,
            declaration: DeclarationView {
                version: policy.declaration.version,
                sentences: policy.declaration.sentences,
            },
        }
    }
}

impl From<PersonSignedIn> for PersonView {
    fn from(person: PersonSignedIn) -> Self {
        let current = person.role.as_ref().map(|role| role.role.id.clone());
        let view = |role: RoleAccess| {
            let is_current = Some(&role.role.id) == current.as_ref();
            role_view(role, is_current)
        };
        Self {
            name: person.name,
            role: person.role.map(view),
            roles: person.roles.into_iter().map(view).collect(),
            may_register: person.may.register,
            may_find: person.may.find,
        }
    }
}

fn role_view(role: RoleAccess, current: bool) -> RoleView {
    let RoleAccess { role, access } = role;
    let (access, reason) = match access {
        Access::Register => (AccessView::Register, None),
        Access::LookOnly => (AccessView::LookOnly, None),
        Access::None { reason } => (AccessView::None, Some(reason)),
    };
    RoleView {
        id: role.id.into(),
        name: if role.name.is_empty() { role.code.job_role().to_owned() } else { role.name },
        ra_role: role.ra_role,
        organisation_name: role.organisation.name,
        organisation_code: role.organisation.code.into(),
        access,
        reason,
        current,
    }
}

impl From<Network> for NetworkView {
    fn from(network: Network) -> Self {
        match network {
            Network::Unknown => Self::Unknown,
            Network::Online => Self::Online,
            Network::Offline { why } => Self::Offline { why: why.into() },
        }
    }
}

impl From<Fault> for NetworkFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoConnection => Self::NoConnection,
            Fault::NameNotFound => Self::NameNotFound,
            Fault::Refused => Self::Refused,
            Fault::TimedOut => Self::TimedOut,
            Fault::PacFailed => Self::PacFailed,
            Fault::ProxyUnreachable => Self::ProxyUnreachable,
            Fault::ProxyRefused => Self::ProxyRefused,
            Fault::ProxyCannotReach => Self::ProxyCannotReach,
            Fault::ProxySignIn => Self::ProxySignIn,
            Fault::ProxySignInRefused => Self::ProxySignInRefused,
            Fault::ProxySignInUnsupported => Self::ProxySignInUnsupported,
            Fault::CertificateNotTrusted => Self::CertificateNotTrusted,
            Fault::CertificateOutOfDate => Self::CertificateOutOfDate,
            Fault::CertificateOtherName => Self::CertificateOtherName,
            Fault::CertificateRevoked => Self::CertificateRevoked,
            Fault::RevocationUnknown => Self::RevocationUnknown,
            Fault::NotOurServer => Self::NotOurServer,
            Fault::Busy => Self::Busy,
        }
    }
}

impl From<Counts> for OutboxCounts {
    fn from(counts: Counts) -> Self {
        let Counts { drafts, ready, waiting, attention, done, other_people, other_roles } = counts;
        Self { drafts, ready, waiting, attention, done, other_people, other_roles }
    }
}

impl From<SyncNow> for SyncView {
    fn from(sync: SyncNow) -> Self {
        match sync {
            SyncNow::Idle => Self::Idle,
            SyncNow::Sending { done, total } => Self::Sending { done, total },
            SyncNow::Paused { why, until } => {
                let why = match why {
                    Pause::Network => PauseReason::Network,
                    Pause::SignInNeeded => PauseReason::SignInNeeded,
                    Pause::ConfirmationNeeded => PauseReason::ConfirmationNeeded,
                    Pause::OtherRole => PauseReason::OtherRole,
                    Pause::RoleLost => PauseReason::RoleLost,
                    Pause::Busy => PauseReason::Busy,
                    Pause::Store => PauseReason::Store,
                    Pause::Sealed => PauseReason::Sealed,
                    Pause::DeviceRevoked => PauseReason::DeviceRevoked,
                };
                Self::Paused { why, until: until.map(|until| until.to_string()) }
            }
        }
    }
}

impl From<desk::Changed> for Changed {
    fn from(changed: desk::Changed) -> Self {
        match changed {
            desk::Changed::Session => Self::Session,
            desk::Changed::Network => Self::Network,
            desk::Changed::Outbox => Self::Outbox,
        }
    }
}

impl From<Found> for FoundView {
    fn from(found: Found) -> Self {
        match found {
            Found::People(people) => Self::People { people: people.into_iter().map(PersonRow::from).collect() },
            Found::Nobody => Self::Nobody,
            Found::TooMany { most } => Self::TooMany { most },
        }
    }
}

impl From<contract::ProfileSummary> for PersonRow {
    fn from(person: contract::ProfileSummary) -> Self {
        Self {
            uuid: person.uuid.into(),
            name: full_name(&person.name),
            birth_date: known(person.birth_date),
            status: person.status,
            positions: person.positions.into_iter().map(OrganisationView::from).collect(),
            authenticators: person.authenticators,
            matched_by: person.matched_by,
        }
    }
}

impl From<Organisation> for OrganisationView {
    fn from(organisation: Organisation) -> Self {
        Self { code: organisation.code.into(), name: organisation.name }
    }
}

impl From<ProfileRead> for ProfileView {
    fn from(read: ProfileRead) -> Self {
        let profile = read.profile;
        let last = profile.authenticators.len() == 1;
        Self {
            uuid: profile.uuid.into(),
            name: full_name(&profile.name),
            short_name: profile.name.short(),
            birth_date: known(profile.birth_date),
            status: profile.status,
            email: profile.email,
            nino_held: profile.nino_held,
            positions: profile.positions.into_iter().map(OrganisationView::from).collect(),
            authenticators: profile
                .authenticators
                .into_iter()
                .map(|authenticator| AuthenticatorView {
                    id: authenticator.id.to_string(),
                    kind: authenticator.kind,
                    level: authenticator.kind.assurance_level(),
                    state: authenticator.state,
                    address: authenticator.address.map(String::from),
                    added_at: authenticator.added_at.to_string(),
                    added_by: authenticator.added_by,
                    last,
                })
                .collect(),
            warnings: read.warnings,
            refusal: read.refusal,
            may_register: read.may_register,
            read_at: read.read_at.to_string(),
            draft: read.draft.map(|draft| draft.to_string()),
            submission: read.submission.map(|key| key.to_string()),
        }
    }
}

impl From<Draft> for DraftView {
    fn from(draft: Draft) -> Self {
        Self {
            id: draft.id.to_string(),
            uuid: draft.profile.uuid.into(),
            name: full_name(&draft.profile.name),
            short_name: draft.profile.name.short(),
            birth_date: known(draft.profile.birth_date),
            profile_status: draft.profile.status,
            suggested_address: draft.suggested_address.map(String::from),
            address: draft.address.map(String::from),
            address_warnings: draft.address_warnings,
            address_reason: draft.address_reason.map(String::from),
            method: draft.method,
            documents: draft.documents,
            accepted_by: draft.accepted_by,
            corrects: draft.corrects.map(|key| key.to_string()),
            updated_at: draft.updated_at.to_string(),
        }
    }
}

impl From<Submission> for SubmissionView {
    fn from(submission: Submission) -> Self {
        Self {
            key: submission.key.to_string(),
            status: submission.status.into(),
            uuid: submission.uuid.into(),
            name: submission.name.short(),
            address: submission.address.into(),
            recorded_at: submission.recorded_at.to_string(),
            recorded_role: submission.recorded_role,
            in_this_role: submission.in_this_role,
            attempts: submission.attempts,
            unsettled: submission.unsettled,
            withdrawal_requested: submission.withdrawal_requested,
            needs_confirmation: submission.needs_confirmation,
            attention: submission.attention.map(AttentionView::from),
            registration: submission.registration.map(RegistrationView::from),
            replaces: submission.replaces.map(|key| key.to_string()),
            replaced_by: submission.replaced_by.map(|key| key.to_string()),
            role_lost: submission.role_lost,
            taken_over: submission.taken_over.map(|taken| TakenOverView {
                by: taken.by,
                at: taken.at.to_string(),
                reason: taken.reason.into(),
            }),
            taken_from: submission.taken_from.map(|from| TakenFromView {
                name: from.name,
                role: from.role,
                at: from.at.to_string(),
                reason: from.reason.into(),
                given_back: from.given_back,
                taken_back: from.taken_back,
            }),
        }
    }
}

impl From<desk::Status> for Status {
    fn from(status: desk::Status) -> Self {
        match status {
            desk::Status::ReadyToSend => Self::ReadyToSend,
            desk::Status::Sending => Self::Sending,
            desk::Status::WaitingForThem => Self::WaitingForThem,
            desk::Status::LinkExpired => Self::LinkExpired,
            desk::Status::Linked => Self::Linked,
            desk::Status::NeedsAttention => Self::NeedsAttention,
            desk::Status::Withdrawn => Self::Withdrawn,
            desk::Status::Removed => Self::Removed,
        }
    }
}

impl From<Attention> for AttentionView {
    fn from(attention: Attention) -> Self {
        Self {
            code: attention.code,
            next: match attention.next {
                desk::NextStep::CorrectAddress => NextStep::CorrectAddress,
                desk::NextStep::ReviewProfile => NextStep::ReviewProfile,
                desk::NextStep::AlreadyDone => NextStep::AlreadyDone,
                desk::NextStep::DoInCareIdentityManagement => NextStep::DoInCareIdentityManagement,
                desk::NextStep::AnotherPersonOrRole => NextStep::AnotherPersonOrRole,
                desk::NextStep::RecordAnew => NextStep::RecordAnew,
            },
            done_by: attention.done_by,
            done_at: attention.done_at.map(|at| at.to_string()),
            profile_now: attention.profile_now.map(ProfileView::from),
            profile_then: attention.profile_then.map(ProfileView::from),
            fields: attention.fields,
        }
    }
}

impl From<RegistrationSeen> for RegistrationView {
    fn from(seen: RegistrationSeen) -> Self {
        let progress = seen.registration.progress;
        let text = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
        Self {
            registered_at: seen.registration.registered_at.to_string(),
            link_expires_at: text(seen.registration.link.map(|link| link.expires_at)),
            opened_at: text(progress.opened_at),
            signed_in_at: text(progress.signed_in_at),
            wrong_account: progress.wrong_account,
            attempts_left: progress.attempts_left,
            linked_at: text(progress.linked_at),
            read_at: seen.read_at.to_string(),
        }
    }
}

impl From<desk::OutboxPage> for OutboxPage {
    fn from(page: desk::OutboxPage) -> Self {
        Self {
            counts: page.counts.into(),
            drafts: page.drafts.into_iter().map(DraftView::from).collect(),
            submissions: page.submissions.into_iter().map(SubmissionView::from).collect(),
            total: page.total,
            waits: page.waits.into_iter().map(WaitView::from).collect(),
        }
    }
}

impl From<desk::WaitingFor> for WaitView {
    fn from(wait: desk::WaitingFor) -> Self {
        Self {
            is_own: wait.is_own,
            role_lost: wait.role_lost,
            name: Some(wait.name).filter(|name| !name.is_empty()),
            role: wait.role.into(),
            role_text: wait.role_text,
            count: wait.count,
            to_take_over: wait.to_take_over,
            oldest: wait.oldest.to_string(),
        }
    }
}

/// Title, given, middle and family name.
fn full_name(name: &PersonName) -> String {
    let parts = [
        name.title.as_deref(),
        Some(name.given.as_str()),
        name.middle.as_ref().map(contract::GivenName::as_str),
        Some(name.family.as_str()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A birth date, unless it is the placeholder for one that is not known.
fn known(date: contract::BirthDate) -> Option<String> {
    date.is_known().then(|| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_advised_about_the_second_copy_is_what_is_wrong_with_it() {
        use desk::NoSecondCopy as Why;
        let told = |why| no_second_copy(desk::SecondCopy::Missing { count: None, why });
        for (why, advice) in [
            (Why::Away, NoSecondCopy::Away),
            (Why::Slow, NoSecondCopy::Slow),
            (Why::SameDisk, NoSecondCopy::NotSetUp),
            (Why::NotSigned, NoSecondCopy::NotSigned),
            (Why::NotKnown, NoSecondCopy::NotKnown),
            (Why::Sealed, NoSecondCopy::Sealed),
            (Why::Unreadable, NoSecondCopy::Unreadable),
            (Why::Store, NoSecondCopy::Store),
        ] {
            assert_eq!(told(why), Some(NoSecondCopyView { count: None, why: advice }), "{why:?}");
        }
        assert_eq!(no_second_copy(desk::SecondCopy::Whole), None);
    }
}
