//! Whether what is on this computer is as it was written: the audit, and what became of a damaged store.

use std::io::ErrorKind;
use std::path::PathBuf;

use contract::AuditReceipt;
use jiff::Timestamp;

use super::{AtWork, Desk, Inner, drafts};
use crate::audit::{AuditEnded, AuditFault, AuditNow};
use crate::store::audit::{About, Act, succession};
use crate::store::{self, StoreError, audit};
use crate::{AuditCopy, Cause, Failure, Recovery, audit_copy};

impl Desk {
    /// What became of a store that was found damaged, of several the one that was found first: whoever is at work is told
    /// until they have read it for themselves, since what was lost may be theirs; while nobody is, it is told until
    /// anybody has. It is numbers alone.
    pub async fn recovery(&self) -> Result<Option<Recovery>, Failure> {
        let reader = self.inner.at_work().map(|at_work| at_work.actor().uuid);
        let is_read = |recovery: &Recovery| match &reader {
            Some(who) => recovery.is_read_by(who),
            None => recovery.acknowledged_at.is_some(),
        };
        let unread = self.recoveries().await?.into_iter().find(|recovery| !is_read(recovery));
        self.inner.state().recovery_shown = unread.as_ref().map(|recovery| (recovery.found_at, reader));
        Ok(unread)
    }

    /// What became of the store each time it was found damaged or gone, the last time last.
    pub async fn recoveries(&self) -> Result<Vec<Recovery>, Failure> {
        let mut told = self.inner.store.read(store::recoveries).await?;
        // Where nothing is kept, it is no news that nothing is there.
        let is_kept = self.not_kept().is_none();
        told.retain(|recovery| is_kept || recovery.set_aside.is_some());
        Ok(told)
    }

    /// Whoever was given [`Self::recovery`] last has read it. What it did not give stays unread, and so does what was
    /// given to somebody who is not at work any more.
    pub async fn acknowledge_recovery(&self) -> Result<(), Failure> {
        let at_work = self.inner.at_work();
        let Some((shown, reader)) = self.inner.state().recovery_shown.clone() else { return Ok(()) };
        let (now, actor) = (self.inner.parts.clock.now(), at_work.map(|at_work| at_work.actor()));
        if actor.as_ref().map(|actor| &actor.uuid) != reader.as_ref() {
            return Ok(());
        }
        Ok(self.inner.store.write(move |conn| store::acknowledge_recovery(conn, now, shown, actor.as_ref())).await?)
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

    /// Saves a copy of the whole audit as CSV: a new file in that folder, for whoever is at work and may register. The
    /// audit says before that they asked for it, and after it whether there is a copy: however RA Desk ends, none is
    /// there of which the audit knows nothing. What cannot be written leaves nothing behind
    /// ([`Cause::FolderNotWritable`], [`Cause::DiskFull`]). Whether the rows are as they were written says
    /// [`Self::check_audit`].
    pub async fn save_audit(&self, folder: PathBuf) -> Result<AuditCopy, Failure> {
        let at_work = self.inner.require_at_work()?;
        drafts::may_register(&at_work.who)?;
        self.audit_of_a_copy(&at_work, Act::AuditCopyAsked, String::new()).await?;
        let copied = self.copy_audit(folder).await;
        let noted = match &copied {
            Ok(copy) => self.audit_of_a_copy(&at_work, Act::AuditSaved, format!("{} rows", copy.rows)).await,
            Err(_) => self.audit_of_a_copy(&at_work, Act::AuditNotSaved, String::new()).await,
        };
        let copy = copied?;
        if let Err(error) = noted {
            // What is said to have failed leaves nothing behind.
            _ = std::fs::remove_file(&copy.path);
            return Err(error);
        }
        Ok(copy)
    }

    async fn copy_audit(&self, folder: PathBuf) -> Result<AuditCopy, Failure> {
        // Into memory first: the folder may be on another computer, and what else is read must not wait for it.
        let (rows, last_at, text) = self
            .inner
            .store
            .read(|conn| {
                let mut text = Vec::new();
                let copied = audit::as_csv(conn, &mut text);
                let (rows, last_at) = copied.map_err(|error| StoreError::Failed(error.to_string()))?;
                Ok((rows, last_at, text))
            })
            .await?;
        let now = self.inner.parts.clock.now();
        let written = tokio::task::spawn_blocking(move || audit_copy::write(&folder, now, &text))
            .await
            .map_err(|_| Cause::Internal("writing a copy ended half way"))?;
        let path = written.map_err(|error| match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Cause::DiskFull,
            kind => Cause::FolderNotWritable(kind),
        })?;
        Ok(AuditCopy { path, rows, last_at })
    }

    async fn audit_of_a_copy(&self, at_work: &AtWork, act: Act, detail: String) -> Result<(), Failure> {
        let (now, actor) = (self.inner.parts.clock.now(), at_work.actor());
        let about = About { detail, ..About::default() };
        Ok(self.inner.store.write(move |conn| audit::append(conn, now, act, &actor, &about)).await?)
    }

    /// Has the next start begin a new audit that names this one, in the name of whoever is at work. Where this one is
    /// as it was written there is no reason to: [`Cause::WrongState`].
    pub async fn begin_new_audit(&self) -> Result<(), Failure> {
        let at_work = self.inner.require_at_work()?;
        drafts::may_register(&at_work.who)?;
        let why = why(&self.check_audit().await?).ok_or(Cause::WrongState)?;
        let (now, actor) = (self.inner.parts.clock.now(), at_work.actor());
        Ok(self.inner.store.write(move |conn| succession::ask(conn, now, &actor, why)).await?)
    }
}

impl Inner {
    /// Deletes damaged files that are no longer kept. Asked for when somebody has signed in: the clock that says so was
    /// held against the issuer's just then, and one that ran ahead deletes nothing.
    pub(super) async fn forget_set_aside(&self, now: Timestamp) {
        let folder = self.store.folder.clone();
        if let Err(error) = self.store.write(move |conn| store::forget_set_aside(conn, &folder, now)).await {
            tracing::warn!(%error, "damaged files that were set aside are still there");
        }
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
