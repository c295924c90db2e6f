//! Whether what is on this computer is as it was written: the audit, and what became of a damaged store.

use contract::AuditReceipt;
use jiff::Timestamp;

use super::{Desk, drafts};
use crate::audit::{AuditEnded, AuditFault, AuditNow};
use crate::store::audit::succession;
use crate::store::{self, audit};
use crate::{Cause, Failure, Recovery};

impl Desk {
    /// What became of a store that was found damaged, until somebody said that they have read it; of several the one
    /// that was found first. Nobody needs to be signed in: it is numbers alone.
    pub async fn recovery(&self) -> Result<Option<Recovery>, Failure> {
        let told = self.inner.store.read(store::recoveries).await?;
        // Where nothing is kept, it is no news that nothing is there.
        let is_kept = self.not_kept().is_none();
        let unread =
            |recovery: &Recovery| recovery.acknowledged_at.is_none() && (is_kept || recovery.set_aside.is_some());
        let unread = told.into_iter().find(unread);
        self.inner.state().recovery_shown = unread.as_ref().map(|recovery| recovery.found_at);
        Ok(unread)
    }

    /// Somebody at this computer has read what [`Self::recovery`] gave last. What it did not give stays unread.
    pub async fn acknowledge_recovery(&self) -> Result<(), Failure> {
        let Some(shown) = self.inner.state().recovery_shown else { return Ok(()) };
        let now = self.inner.parts.clock.now();
        Ok(self.inner.store.write(move |conn| store::acknowledge_recovery(conn, now, shown)).await?)
    }

    /// Walks the whole audit now, every receipt included. Takes a second for each 100,000 rows, and what is shown of
    /// other things waits meanwhile; what is recorded does not.
    pub async fn check_audit(&self) -> Result<AuditNow, Failure> {
        let against = self.inner.store.against();
        let (mut report, receipt, asked) = self
            .inner
            .store
            .read(move |conn| {
                Ok((audit::verify(conn, &against)?, audit::last_receipt(conn)?, succession::is_asked(conn)?))
            })
            .await?;
        // What was written since the start covers what was missing then: the start saw it as it was.
        let at_start = self.inner.store.audit.broken;
        report.broken = report.broken.map(|broken| at_start.unwrap_or(broken));
        let (differs, key_known) = {
            let state = self.inner.state();
            (state.audit_differs, state.countersigning_key_known)
        };
        let at = |receipt: AuditReceipt| Timestamp::from_millisecond(receipt.received_at).ok();
        Ok(AuditNow {
            countersigned_at: receipt.and_then(at),
            differs,
            key_known,
            signs: self.inner.store.device.is_some(),
            asked,
            report,
        })
    }

    /// Has the next start begin a new audit that names this one, in the name of whoever is at work. Where this one is
    /// as it was written there is no reason to: [`Cause::WrongState`].
    pub async fn begin_new_audit(&self) -> Result<(), Failure> {
        let at_work = self.inner.require_at_work()?;
        drafts::may_register(&at_work)?;
        let why = why(&self.check_audit().await?).ok_or(Cause::WrongState)?;
        let (now, actor) = (self.inner.parts.clock.now(), at_work.actor());
        Ok(self.inner.store.write(move |conn| succession::ask(conn, now, &actor, why)).await?)
    }
}

/// Why an audit would be ended; none where there is no reason.
fn why(now: &AuditNow) -> Option<AuditEnded> {
    match now.report.broken {
        _ if now.asked => None,
        Some(broken) if broken.why == AuditFault::RolledBack => Some(AuditEnded::Restored),
        Some(_) => Some(AuditEnded::Broken),
        None if now.differs => Some(AuditEnded::Forked),
        None if !now.signs => Some(AuditEnded::KeyLost),
        None => None,
    }
}
