//! Finding people, and what is done on their profile at once.

use contract::{
    AuthenticatorId, CareIdentityUuid, FaultCode, MAX_MATCHES, ProfileReply, RemovalReason, RemovalRequest,
};

use super::Desk;
use super::state::AtWork;
use crate::gateway_client::CallError;
use crate::reply::Trouble;
use crate::store::audit::{self, About, Act};
use crate::store::{drafts, queue};
use crate::{Cause, Changed, Failure, FindForm, Found, ProfileRead};

impl Desk {
    /// Looks for people at the gateway. Needs the network.
    pub async fn find(&self, form: FindForm) -> Result<Found, Failure> {
        let request = form.parse()?;
        let at_work = self.inner.require_at_work()?;
        if !at_work.who.may.find {
            return Err(Cause::NotPermitted.into());
        }
        let answer = self.inner.client.search(&at_work.gateway, &request).await;
        let too_many = matches!(
            &answer,
            Err(CallError { trouble: Trouble::Refused { code: Some(FaultCode::TooManyMatches), .. }, .. })
        );
        if too_many {
            self.audit(&at_work, Act::Searched, About { detail: "too_many".into(), ..About::default() }).await?;
            return Ok(Found::TooMany { most: u32::try_from(MAX_MATCHES).unwrap_or(u32::MAX) });
        }
        let people = self.inner.hear(&at_work, answer)?.matches;
        let about = About { detail: people.len().to_string(), ..About::default() };
        self.audit(&at_work, Act::Searched, about).await?;
        Ok(if people.is_empty() { Found::Nobody } else { Found::People(people) })
    }

    /// Reads a profile from the gateway. Needs the network.
    pub async fn profile(&self, uuid: CareIdentityUuid) -> Result<ProfileRead, Failure> {
        let at_work = self.inner.require_at_work()?;
        if !at_work.who.may.find {
            return Err(Cause::NotPermitted.into());
        }
        let reply = self.inner.hear(&at_work, self.inner.client.profile(&at_work.gateway, &uuid).await)?;
        let about = About { subject: Some(uuid), ..About::default() };
        self.audit(&at_work, Act::ProfileRead, about).await?;
        self.remember(&at_work, reply).await
    }

    /// Removes an authenticator from the profile that was read last. Needs the network. Gives the profile as it
    /// is now.
    pub async fn remove_authenticator(
        &self,
        uuid: CareIdentityUuid,
        authenticator: AuthenticatorId,
        reason: RemovalReason,
    ) -> Result<ProfileRead, Failure> {
        let desk = &self.inner;
        let at_work = desk.require_at_work()?;
        if !at_work.who.may.remove {
            return Err(Cause::NotPermitted.into());
        }
        let request = {
            let mut state = desk.state();
            let profile_seen = state.profiles.get(&uuid).ok_or(Cause::NotFound)?.profile.seen();
            let request = *state.removals.entry(authenticator).or_insert_with(|| desk.client.new_request_id());
            RemovalRequest { request, reason, profile_seen }
        };
        let reply = desk.hear(&at_work, desk.client.remove(&at_work.gateway, &uuid, authenticator, &request).await)?;
        desk.state().removals.remove(&authenticator);
        let about = About { subject: Some(uuid), detail: authenticator.to_string(), ..About::default() };
        self.audit(&at_work, Act::AuthenticatorRemoved, about).await?;
        // Their registration may be one of this outbox.
        desk.wake_now();
        self.remember(&at_work, reply.profile).await
    }

    /// Keeps a profile in memory, and says what this RA user has under way for the person.
    async fn remember(&self, at_work: &AtWork, reply: ProfileReply) -> Result<ProfileRead, Failure> {
        let desk = &self.inner;
        let mut read = ProfileRead::new(reply, at_work.who.may.register, desk.parts.clock.now());
        let (author, person) = (at_work.who.user.uuid.clone(), read.profile.uuid.clone());
        (read.draft, read.submission) = desk
            .store
            .read(move |conn| {
                let draft = drafts::of_person(conn, &author, &person)?.map(|draft| draft.id);
                Ok((draft, queue::unfinished_of_person(conn, &author, &person)?))
            })
            .await?;
        if !at_work.ended.is_cancelled() {
            desk.state().profiles.insert(read.profile.uuid.clone(), read.clone());
        }
        Ok(read)
    }

    pub(super) async fn audit(&self, at_work: &AtWork, act: Act, about: About) -> Result<(), Failure> {
        let (now, actor) = (self.inner.parts.clock.now(), at_work.actor());
        self.inner.store.write(move |conn| audit::append(conn, now, act, &actor, &about)).await?;
        if act == Act::AuthenticatorRemoved {
            self.inner.changes.tell(Changed::Outbox);
        }
        Ok(())
    }
}
