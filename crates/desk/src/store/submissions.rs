//! Submissions: registrations on their way, and what became of them; sealed by their author's vault ([`super::vault`]).
//!
//! Every change goes through [`happen`], so that a row is never in a state its life does not allow and the audit
//! tells of it in the same transaction.

mod believed;
mod row;

use contract::{
    CareIdentityUuid, FrozenBody, NhsNetAddress, Profile, RefusalCode, RefusalDetail, Registration, RoleProfileId,
    SubmissionKey, TakenOverBy,
};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::audit::{self, About, Act, Actor};
use super::rows::{self, parsed};
use super::{StoreError, meta, queue};
use crate::Status;
use crate::submission::{Effect, Event, Life, for_original, status_of};
pub(super) use believed::{gather_told, is_believable, name_those_before};
use row::{ATTENTION, REGISTRATION, keep, seal};
pub(super) use row::{COLUMNS, SEALED, is_status, life, read, seal_rest, status_word};

/// A submission as it is stored.
#[derive(Clone, PartialEq)]
pub(crate) struct StoredSubmission {
    pub(crate) key: SubmissionKey,
    /// The person as shown when it was recorded.
    pub(crate) profile: Profile,
    pub(crate) profile_read_at: Timestamp,
    pub(crate) address: NhsNetAddress,
    pub(crate) body: FrozenBody,
    /// The author's name; empty where it was recorded before names were kept.
    pub(crate) author_name: String,
    pub(crate) role: RoleProfileId,
    pub(crate) role_text: String,
    pub(crate) recorded_in: uuid::Uuid,
    pub(crate) confirmed_in: Option<uuid::Uuid>,
    pub(crate) recorded_at: Timestamp,
    pub(crate) life: Life,
    pub(crate) attempts: u32,
    pub(crate) attention: Option<(RefusalCode, RefusalDetail)>,
    pub(crate) registration: Option<(Registration, Timestamp)>,
    pub(crate) replaces: Option<SubmissionKey>,
    pub(crate) replaced_by: Option<SubmissionKey>,
    pub(crate) updated_at: Timestamp,
    /// Who took it over.
    pub(crate) taken_over: Option<TakenOverBy>,
    /// What it was taken over from.
    pub(crate) takes_over: Option<TakenFrom>,
}

/// What a submission was taken over from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TakenFrom {
    pub(crate) key: SubmissionKey,
    /// Its author's name; empty where it is not known.
    pub(crate) name: String,
    /// Their role: *RA Agent, B81603*.
    pub(crate) role: String,
    /// Whether the gateway said that it was over before: taken back by its author, or taken over by somebody else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_over: bool,
    /// Which of those it stands for was taken back by its author, where that was it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) taken_back: Option<SubmissionKey>,
    /// What that one had itself been taken over from, the last first: who settles them need not read its body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) before: Vec<SubmissionKey>,
}

impl TakenFrom {
    /// From this submission, which is not decided.
    pub(crate) fn of(original: &StoredSubmission) -> Self {
        Self {
            key: original.key,
            name: original.author_name.clone(),
            role: original.role_text.clone(),
            is_over: false,
            taken_back: None,
            before: original.takes_over.iter().flat_map(Self::keys).collect(),
        }
    }

    /// What it was taken over from first, and all that one stood for.
    fn keys(&self) -> impl Iterator<Item = SubmissionKey> {
        std::iter::once(self.key).chain(self.before.iter().copied())
    }
}

impl std::fmt::Debug for StoredSubmission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredSubmission").field("key", &self.key).field("life", &self.life).finish_non_exhaustive()
    }
}

/// Writes a submission down for the first time.
pub(crate) fn insert(
    conn: &Connection,
    author: &CareIdentityUuid,
    submission: &StoredSubmission,
) -> Result<(), StoreError> {
    let sealed = seal(conn, author, submission)?;
    // In the clear only where there is no vault.
    let (profile, address, body) = match &sealed {
        Some(_) => (String::new(), "", ""),
        None => (rows::to_json(&submission.profile)?, submission.address.as_str(), submission.body.as_str()),
    };
    conn.prepare_cached(
        "INSERT INTO submission (key, care_identity, profile, profile_read_at, address, body, author, role, role_text,
                                 recorded_in, recorded_at, status, replaces, updated_at, author_name, takes_over,
                                 sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?
    .execute(params![
        submission.key.to_string(),
        submission.profile.uuid.as_str(),
        profile,
        submission.profile_read_at.as_microsecond(),
        address,
        body,
        author.as_str(),
        submission.role.as_str(),
        submission.role_text,
        submission.recorded_in.to_string(),
        submission.recorded_at.as_microsecond(),
        status_word(submission.life.status),
        submission.replaces.map(|key| key.to_string()),
        submission.updated_at.as_microsecond(),
        submission.author_name,
        submission.takes_over.as_ref().map(rows::to_json).transpose()?,
        sealed,
    ])?;
    Ok(())
}

/// One submission of its author.
pub(crate) fn get(
    conn: &Connection,
    author: &CareIdentityUuid,
    key: SubmissionKey,
) -> Result<StoredSubmission, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM submission WHERE key = ?1 AND author = ?2");
    Ok(conn.prepare_cached(&sql)?.query_row(params![key.to_string(), author.as_str()], read)?)
}

/// What the gateway said, to be kept beside the new state.
#[derive(Debug, Clone, Copy)]
pub(crate) enum News<'a> {
    /// Nothing more than the event itself.
    None,
    /// The registration as it is.
    Registration(&'a Registration),
    /// What more there is to know about a refusal.
    Refusal(RefusalCode, &'a RefusalDetail),
    /// Who took it over.
    TakenOver(&'a TakenOverBy),
    /// Of what it was taken over from, this one had been withdrawn by its author.
    OriginalWithdrawn(SubmissionKey),
}

/// Something happened to a submission: its row and the audit say so from now on. One that is not here, or is another
/// author's, is [`StoreError::NotFound`], and nothing was written.
pub(crate) fn happen(
    conn: &Connection,
    now: Timestamp,
    actor: &Actor,
    key: SubmissionKey,
    event: Event,
    news: News<'_>,
) -> Result<Vec<Effect>, StoreError> {
    // Nobody but its author changes a submission, except by taking it over ([`happen_to`]).
    conn.prepare_cached("SELECT 1 FROM submission WHERE key = ?1 AND author = ?2")?
        .query_row(params![key.to_string(), actor.uuid.as_str()], |_| Ok(()))?;
    let effects = happen_to(conn, now, actor, key, event, news)?;
    follow(conn, now, actor, key, event, news)?;
    Ok(effects)
}

/// What happened to a manager's submission may settle the one it was taken over from, and all that one had been taken
/// over from; or give it back. Only of what it holds now: what was given back, and taken over by another since, is
/// that one's to settle. One that a damaged page took with it is settled nowhere: what the gateway said of the manager's
/// is true all the same.
fn follow(
    conn: &Connection,
    now: Timestamp,
    actor: &Actor,
    key: SubmissionKey,
    event: Event,
    news: News<'_>,
) -> Result<(), StoreError> {
    let (status, originals) = taken_from(conn, key)?;
    // It was registered from the author's own send, whose answer never came.
    let registered = match news {
        News::Refusal(RefusalCode::AlreadyRegistered, detail) => detail.registration.as_deref(),
        _ => None,
    };
    // The gateway had closed one of them before, for good: it is not its author's again, who would be told the same.
    let is_over = event == Event::SettledWithdrawn && matches!(news, News::TakenOver(_) | News::OriginalWithdrawn(_));
    if is_over {
        let taken_back = if let News::OriginalWithdrawn(withdrawn) = news { Some(withdrawn.to_string()) } else { None };
        conn.prepare_cached(
            "UPDATE submission SET takes_over = json_set(takes_over, '$.is_over', json('true'), '$.taken_back', ?2)
             WHERE key = ?1 AND takes_over IS NOT NULL",
        )?
        .execute(params![key.to_string(), taken_back])?;
    }
    let (mut means, mut holder) =
        (if is_over { Some(Event::TakeOverDecided) } else { for_original(event, status) }, key);
    for original in originals {
        if !is_held(conn, original, holder)? {
            means = None;
        }
        if let Some(registration) = registered.filter(|found| found.key == original && is_here(conn, original)) {
            let told = Event::Told(registration.state);
            happen_to(conn, now, actor, original, told, News::Registration(registration))?;
        } else if let Some(event) = means {
            if matches!(news, News::OriginalWithdrawn(withdrawn) if withdrawn == original) {
                // Its author had taken it back, and nobody took it over; and what it held is its own author's again.
                happen_to(conn, now, actor, original, Event::GivenBack, News::None)?;
                happen_to(conn, now, actor, original, Event::SettledWithdrawn, News::None)?;
                means = Some(Event::GivenBack);
                holder = original;
                continue;
            }
            let told = if is_over { news } else { News::None };
            happen_to(conn, now, actor, original, event, told)?;
        }
        // What is its author's again goes on holding what they took over.
        if means == Some(Event::GivenBack) {
            means = None;
        }
        holder = original;
    }
    Ok(())
}

/// How far a submission is, and all that it stands for: what it was taken over from first.
fn taken_from(conn: &Connection, key: SubmissionKey) -> Result<(Status, Vec<SubmissionKey>), StoreError> {
    let sql =
        "SELECT status, unsettled, withdrawal_requested, is_taken_over, takes_over FROM submission WHERE key = ?1";
    Ok(conn.prepare_cached(sql)?.query_row([key.to_string()], |row| {
        let status = life(row, 0)?.status;
        let Some(from) = rows::json_or_none::<TakenFrom>(row, 4)? else { return Ok((status, Vec::new())) };
        Ok((status, from.keys().collect()))
    })?)
}

fn is_here(conn: &Connection, key: SubmissionKey) -> bool {
    conn.prepare_cached("SELECT 1 FROM submission WHERE key = ?1")
        .and_then(|mut found| found.exists([key.to_string()]))
        .unwrap_or(false)
}

/// Notes which submission took one over.
pub(super) fn hold(conn: &Connection, original: SubmissionKey, holder: SubmissionKey) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE submission SET taken_over_as = ?2 WHERE key = ?1")?
        .execute([original.to_string(), holder.to_string()])?;
    Ok(())
}

/// Whether that submission is the one that took it over last.
fn is_held(conn: &Connection, original: SubmissionKey, holder: SubmissionKey) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached("SELECT 1 FROM submission WHERE key = ?1 AND taken_over_as = ?2")?
        .exists([original.to_string(), holder.to_string()])?)
}

/// The same, whoever its author is.
pub(super) fn happen_to(
    conn: &Connection,
    now: Timestamp,
    actor: &Actor,
    key: SubmissionKey,
    event: Event,
    news: News<'_>,
) -> Result<Vec<Effect>, StoreError> {
    let text = key.to_string();
    let (life, subject, author) = conn
        .prepare_cached(
            "SELECT status, unsettled, withdrawal_requested, is_taken_over, care_identity, author FROM submission
             WHERE key = ?1",
        )?
        .query_row([&text], |row| {
            Ok((
                life(row, 0)?,
                parsed(row, 4, str::parse::<CareIdentityUuid>)?,
                parsed(row, 5, str::parse::<CareIdentityUuid>)?,
            ))
        })?;
    let (next, effects) = life.after(event).map_err(|_| StoreError::WrongState)?;
    let attempts = u32::from(effects.contains(&Effect::CountAttempt));
    if event == Event::WithdrawAsked && next.status == Status::Withdrawn && life.status == Status::ReadyToSend {
        // It is taken back here and now. The gateway is to hear of it too, for the day on which an older copy of this
        // store is put back that does not know.
        queue::tell_withdrawn(conn, &actor.uuid, key)?;
    }
    conn.prepare_cached(
        "UPDATE submission SET status = ?2, unsettled = ?3, withdrawal_requested = ?4, attempts = attempts + ?5,
                               updated_at = ?6, is_taken_over = ?7,
                               taken_over = CASE WHEN ?7 OR ?2 = 'withdrawn' THEN taken_over END,
                               taken_over_as = CASE WHEN ?7 OR ?2 = 'withdrawn' THEN taken_over_as END
         WHERE key = ?1",
    )?
    .execute(params![
        text,
        status_word(next.status),
        next.unsettled,
        next.withdrawal_requested,
        attempts,
        now.as_microsecond(),
        next.taken_over
    ])?;
    let detail = match news {
        News::None | News::OriginalWithdrawn(_) => status_word(next.status),
        // A late answer that the life did not take is not what the registration is now.
        News::Registration(registration) if next.status != status_of(registration.state) => status_word(next.status),
        News::Registration(registration) => {
            match keep(conn, &author, &text, &REGISTRATION, registration) {
                // A manager hears of it, and its author's vault is closed: they ask the gateway for all of theirs anew.
                Err(StoreError::Sealed) if author != actor.uuid => meta::remove(conn, &meta::cursor_name(&author))?,
                kept => kept?,
            }
            conn.prepare_cached("UPDATE submission SET registration_read_at = ?2 WHERE key = ?1")?
                .execute(params![text, now.as_microsecond()])?;
            status_word(next.status)
        }
        News::Refusal(code, detail) => {
            keep(conn, &author, &text, &ATTENTION, detail)?;
            conn.prepare_cached("UPDATE submission SET attention = ?2 WHERE key = ?1")?
                .execute([&text, code.as_str()])?;
            code.as_str()
        }
        News::TakenOver(by) => {
            conn.prepare_cached("UPDATE submission SET taken_over = ?2 WHERE key = ?1")?
                .execute(params![text, rows::to_json(by)?])?;
            "taken_over"
        }
    };
    for act in effects.iter().filter_map(|effect| act_of(*effect)) {
        let about = About { subject: Some(subject.clone()), key: Some(key), detail: detail.to_owned() };
        audit::append(conn, now, act, actor, &about)?;
    }
    Ok(effects)
}

/// Where a store is an older copy of itself, its author says anew of what was never sent that it is still wanted.
pub(super) fn doubt_confirmations(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("UPDATE submission SET confirmed_in = NULL WHERE status = 'ready_to_send'", [])?;
    Ok(())
}

/// After a crash nothing is on its way any more. What was sent stays unsettled.
pub(super) fn restart(conn: &Connection) -> Result<(), StoreError> {
    let on_their_way: Vec<(String, Life)> = conn
        .prepare(
            "SELECT key, status, unsettled, withdrawal_requested, is_taken_over FROM submission
             WHERE status = 'sending'",
        )?
        .query_map([], |row| Ok((row.get(0)?, life(row, 1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (key, life) in on_their_way {
        if let Ok((next, _)) = life.after(Event::Restarted) {
            conn.prepare_cached("UPDATE submission SET status = ?2 WHERE key = ?1")?
                .execute(params![key, status_word(next.status)])?;
        }
    }
    Ok(())
}

const fn act_of(effect: Effect) -> Option<Act> {
    match effect {
        Effect::CountAttempt | Effect::AskToSettle => None,
        Effect::TellSent => Some(Act::Sent),
        Effect::TellOutcome => Some(Act::Outcome),
        Effect::TellWithdrawn => Some(Act::Withdrawn),
        Effect::TellWithdrawalRequested => Some(Act::WithdrawalRequested),
        Effect::TellTakenOver => Some(Act::TakenOver),
        Effect::TellGivenBack => Some(Act::GivenBack),
    }
}
