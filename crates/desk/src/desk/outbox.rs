//! What became of what was recorded, and what can be done about it.

use contract::{RefusalCode, SubmissionKey};
use qrcode::QrCode;
use qrcode::render::svg;
use zeroize::Zeroizing;

use super::drafts::may_register;
use super::state::Recorder;
use super::{Desk, settles, taking_over, views};
use crate::store::audit::{About, Act};
use crate::store::drafts::{self, StoredDraft};
use crate::store::submissions::{self, News, StoredSubmission};
use crate::store::{StoreError, queue};
use crate::submission::{Effect, Event};
use crate::{
    Cause, Changed, Draft, DraftId, Failure, LinkSecret, NextStep, OutboxPage, OutboxTab, Snapshot, Status, Submission,
    second_copy, submission, sync,
};

/// The most rows of a tab that are shown.
const MOST_ROWS: u32 = 200;

impl Desk {
    /// One tab of this RA user's outbox.
    pub async fn outbox(&self, tab: OutboxTab) -> Result<OutboxPage, Failure> {
        let recorder = self.inner.require_recording()?;
        let actor = recorder.actor();
        let (counts, waiting, drafts, submissions) = self
            .inner
            .store
            .read(move |conn| {
                let drafts =
                    if tab == OutboxTab::Drafts { drafts::list(conn, &actor.uuid, MOST_ROWS)? } else { Vec::new() };
                let waiting = queue::waiting(conn)?;
                Ok((
                    queue::counts(conn, Some(&actor))?,
                    waiting,
                    drafts,
                    queue::tab(conn, &actor.uuid, tab, MOST_ROWS)?,
                ))
            })
            .await?;
        let total = match tab {
            OutboxTab::Drafts => counts.drafts,
            OutboxTab::Ready => counts.ready,
            OutboxTab::Waiting => counts.waiting,
            OutboxTab::Attention => counts.attention,
            OutboxTab::Done => counts.done,
        };
        Ok(OutboxPage {
            counts,
            drafts: drafts.into_iter().map(views::draft).collect(),
            submissions: submissions.into_iter().map(|stored| views::submission(stored, &recorder.who)).collect(),
            total,
            waits: taking_over::waits(waiting, &recorder.who),
        })
    }

    /// One submission of this RA user.
    pub async fn submission(&self, key: SubmissionKey) -> Result<Submission, Failure> {
        let recorder = self.inner.require_recording()?;
        Ok(views::submission(self.stored(key).await?, &recorder.who))
    }

    /// Takes a submission back. What was never sent is withdrawn at once; what was sent is settled by the gateway,
    /// now if it answers, else when it does. By PIN only what was recorded in the same session is taken back.
    pub async fn withdraw(&self, key: SubmissionKey) -> Result<Submission, Failure> {
        let desk = &self.inner;
        let recorder = desk.require_recording()?;
        let (now, actor, by_pin) = (desk.parts.clock.now(), recorder.actor(), recorder.online.is_none());
        let effects = desk
            .store
            .write(move |conn| {
                // What is asked for here is asked of the gateway at the next sign-in, with no further word of theirs; and
                // whoever has seen a PIN being typed takes back nothing that was recorded before.
                if by_pin {
                    let stored = submissions::get(conn, &actor.uuid, key)?;
                    if stored.life.unsettled || stored.recorded_in != actor.session {
                        return Ok(None);
                    }
                }
                submissions::happen(conn, now, &actor, key, Event::WithdrawAsked, News::None).map(Some)
            })
            .await?
            .ok_or(Cause::WorkingOffline)?;
        desk.changes.tell(Changed::Outbox);
        second_copy::copy_now(desk).await;
        desk.wake.notify_one();
        let here = self.stored(key).await?.role;
        // What cannot be settled now stays asked for; the loop goes on with it.
        if effects.contains(&Effect::AskToSettle)
            && settles(&recorder.who, &here)
            && let Some(at_work) = &recorder.online
        {
            match sync::settle(desk, at_work, key).await {
                Ok(()) => {}
                Err(error) => {
                    tracing::info!(?error, "a withdrawal is not settled yet");
                    desk.wake_now();
                }
            }
        }
        self.submission(key).await
    }

    /// A new draft that replaces this submission. One that is still waiting to be sent is withdrawn first; when it
    /// was sent before and the gateway cannot settle it now, nothing changes.
    pub async fn correct(&self, key: SubmissionKey) -> Result<Draft, Failure> {
        let desk = &self.inner;
        let recorder = desk.require_recording()?;
        may_register(&recorder.who)?;
        let mut stored = self.stored(key).await?;
        // The gateway is not asked to close a key that a manager's own submission is about to settle.
        if stored.life.taken_over {
            return Err(Cause::WrongState.into());
        }
        if matches!(stored.life.status, Status::ReadyToSend | Status::Sending) {
            self.take_back(&recorder, &stored).await?;
            stored = self.stored(key).await?;
        }
        let correctable = matches!(stored.life.status, Status::NeedsAttention | Status::Withdrawn);
        if !correctable || stored.replaced_by.is_some() {
            return Err(Cause::WrongState.into());
        }
        let author = recorder.who.user.uuid.clone();
        let new = self.corrected(stored);
        let draft = desk
            .store
            .write(move |conn| {
                if let Some(draft) = drafts::correcting(conn, &author, key)? {
                    return Ok(draft);
                }
                drafts::put(conn, &author, &new)?;
                Ok(new)
            })
            .await?;
        desk.changes.tell(Changed::Outbox);
        Ok(views::draft(draft))
    }

    /// Withdraws a submission that may still be sent, or fails and leaves it as it is.
    async fn take_back(&self, recorder: &Recorder, stored: &StoredSubmission) -> Result<(), Failure> {
        let desk = &self.inner;
        if recorder.online.is_none() && stored.recorded_in != recorder.who.id {
            return Err(Cause::WorkingOffline.into());
        }
        let (now, actor, key) = (desk.parts.clock.now(), recorder.actor(), stored.key);
        let never_sent = desk
            .store
            .write(move |conn| {
                let life = submissions::get(conn, &actor.uuid, key)?.life;
                if life.taken_over {
                    return Err(StoreError::WrongState);
                }
                let never_sent = !life.unsettled;
                if never_sent {
                    submissions::happen(conn, now, &actor, key, Event::WithdrawAsked, News::None)?;
                }
                Ok(never_sent)
            })
            .await?;
        if never_sent {
            desk.changes.tell(Changed::Outbox);
            second_copy::copy_now(desk).await;
            desk.wake.notify_one();
            return Ok(());
        }
        if !settles(&recorder.who, &stored.role) {
            return Err(Cause::WrongState.into());
        }
        let at_work = recorder.online.as_ref().ok_or(Cause::WorkingOffline)?;
        let reply = desk.hear(at_work, desk.client.cancel(&at_work.gateway, key).await)?;
        Ok(sync::settled(desk, at_work, key, reply).await?)
    }

    /// *I recorded these*: lets this RA user's submissions of earlier sessions, in this role, be sent.
    pub async fn confirm_recorded(&self) -> Result<Snapshot, Failure> {
        let desk = &self.inner;
        let actor = desk.require_at_work()?.actor();
        let now = desk.parts.clock.now();
        desk.store.write(move |conn| queue::confirm_recorded(conn, now, &actor)).await?;
        desk.changes.tell(Changed::Outbox);
        desk.wake_now();
        self.snapshot().await
    }

    /// What [`Self::confirm_recorded`] would confirm, oldest first.
    pub async fn to_confirm(&self) -> Result<Vec<Submission>, Failure> {
        let at_work = self.inner.require_at_work()?;
        let actor = at_work.actor();
        let waiting = self.inner.store.read(move |conn| queue::to_confirm(conn, &actor)).await?;
        Ok(waiting.into_iter().map(|stored| views::submission(stored, &at_work.who)).collect())
    }

    /// Tries to send now instead of at the next time set. A pause the gateway asked for is kept.
    pub fn send_now(&self) {
        self.inner.copy_wake.notify_one();
        self.inner.wake_now();
    }

    /// The user's link as a QR code (SVG).
    pub async fn link_qr(&self, key: SubmissionKey) -> Result<String, Failure> {
        self.inner.require_at_work()?;
        let link = self.link(key).await?;
        let code = QrCode::new(link.as_bytes()).map_err(|_| Cause::Internal("the link does not fit a QR code"))?;
        Ok(code
            .render::<svg::Color<'_>>()
            .min_dimensions(240, 240)
            .dark_color(svg::Color("#000000"))
            .light_color(svg::Color("#ffffff"))
            .build())
    }

    /// The user's link, for the clipboard.
    pub async fn link_for_clipboard(&self, key: SubmissionKey) -> Result<LinkSecret, Failure> {
        let at_work = self.inner.require_at_work()?;
        let link = self.link(key).await?;
        self.audit(&at_work, Act::LinkShown, About { key: Some(key), ..About::default() }).await?;
        Ok(LinkSecret(link))
    }

    /// Asks the gateway for a fresh link. Needs the network.
    pub async fn fresh_link(&self, key: SubmissionKey) -> Result<Submission, Failure> {
        let desk = &self.inner;
        let at_work = desk.require_at_work()?;
        may_register(&at_work.who)?;
        let (registration, _) = self.stored(key).await?.registration.ok_or(Cause::WrongState)?;
        let registration = desk.hear(&at_work, desk.client.fresh_link(&at_work.gateway, registration.id).await)?;
        let (now, actor) = (desk.parts.clock.now(), at_work.actor());
        desk.store
            .write(move |conn| {
                let about =
                    About { subject: Some(registration.care_identity.clone()), key: Some(key), detail: String::new() };
                crate::store::audit::append(conn, now, Act::FreshLink, &actor, &about)?;
                let news = News::Registration(&registration);
                submissions::happen(conn, now, &actor, key, Event::Told(registration.state), news)
            })
            .await?;
        desk.changes.tell(Changed::Outbox);
        self.submission(key).await
    }

    /// Names the submission whose registration is shown live, or none.
    pub fn watch_registration(&self, key: Option<SubmissionKey>) {
        let is_new = std::mem::replace(&mut self.inner.state().watched, key) != key;
        if is_new && key.is_some() {
            self.inner.wake.notify_one();
        }
    }

    async fn stored(&self, key: SubmissionKey) -> Result<StoredSubmission, Failure> {
        let author = self.inner.require_recording()?.who.user.uuid.clone();
        Ok(self.inner.store.read(move |conn| submissions::get(conn, &author, key)).await?)
    }

    async fn link(&self, key: SubmissionKey) -> Result<Zeroizing<String>, Failure> {
        let (registration, _) = self.stored(key).await?.registration.ok_or(Cause::WrongState)?;
        Ok(Zeroizing::new(registration.link.ok_or(Cause::WrongState)?.url))
    }

    /// The draft that corrects a submission: what need not be asked again is kept.
    fn corrected(&self, stored: StoredSubmission) -> StoredDraft {
        let code = stored.attention.as_ref().map(|(code, _)| *code);
        // The newest the RA user has seen: read since, or as the gateway showed it with its refusal.
        let shown = match stored.attention {
            Some((RefusalCode::ProfileChanged, detail)) => {
                detail.profile.map(|reply| (reply.profile, stored.updated_at))
            }
            _ => None,
        };
        let read =
            self.inner.state().profiles.get(&stored.profile.uuid).map(|read| (read.profile.clone(), read.read_at));
        let (profile, read_at) = [shown, read]
            .into_iter()
            .flatten()
            .max_by_key(|(_, read_at)| *read_at)
            .unwrap_or((stored.profile, stored.profile_read_at));
        let body = stored.body.body().ok();
        let check_again = code.map(submission::next_step) == Some(NextStep::RecordAnew);
        let checked = body.as_ref().filter(|_| !check_again);
        StoredDraft {
            id: DraftId(self.inner.parts.random.guid()),
            profile,
            read_at,
            address: Some(stored.address),
            address_reason: body.as_ref().and_then(|body| body.address_reason.clone()),
            method: checked.map(|body| body.method),
            documents: checked.map(|body| body.documents.clone()).unwrap_or_default(),
            accepted_by: checked.map(|body| body.declaration.accepted_by),
            checked_at: checked.map(|body| body.checked_at),
            corrects: Some(stored.key),
            checked_by: checked.filter(|body| body.taken_over.is_some()).map(|body| body.checked_by.clone()),
            taken_over: checked.and_then(|body| body.taken_over.clone()),
            updated_at: self.inner.parts.clock.now(),
        }
    }
}
