//! Lets others know how far the audit goes, so that it cannot be told anew on this computer alone.
//!
//! The gateway is sent the rows with a signed head, and gives a receipt for it; the key store is told the head itself.
//! A loop of its own: whatever becomes of the audit, no registration waits for it. It sends after each round of theirs,
//! in the session of whoever is at work, what everybody did on this computer.

use std::sync::Arc;
use std::time::Duration;

use contract::{AuditHash, AuditHead, AuditReceipt, AuditRequest, FaultCode, MAX_AUDIT_ROWS, PublicKey};

use super::Halt;
use crate::desk::{AtWork, Inner};
use crate::gateway_client::CallError;
use crate::reply::Trouble;
use crate::store::audit::countersigning;
use crate::store::device::{self, Device};
use crate::store::{StoreError, audit};
use crate::{Happened, Network, NetworkFault, second_copy};

/// How long it waits after a failure that may pass.
const AFTER_FAILURE: Duration = Duration::from_secs(60);
/// How long the key store may take. Closing waits for it, and some ask their user first.
const KEY_STORE: Duration = Duration::from_secs(5);
/// How long it waits after a refusal that stays unless somebody does something about it.
const AFTER_REFUSAL: Duration = Duration::from_secs(60 * 60);

/// What the loop remembers from turn to turn.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The session the next one is about.
    session: Option<uuid::Uuid>,
    /// Up to which row the gateway holds the audit. None: it has not been asked in this session.
    held: Option<i64>,
    /// Nothing is sent before this, by the steady clock.
    not_before: Option<Duration>,
    /// The key that receipts are believed of. None: none was heard of yet.
    key: Option<PublicKey>,
    /// The gateway holds another audit of this computer. That is told once.
    differs: bool,
    /// It countersigns with a key that is not known here. That is told once.
    key_told: bool,
    /// Where the audit ended when the key store was told.
    remembered: Option<i64>,
}

/// Why not all was sent.
enum Stopped {
    /// As any call may come to an early end.
    Halt(Halt),
    /// Whoever answers countersigns with a key that is not known here, so it may not be the gateway. Its word is not
    /// believed, and it is sent nothing more.
    KeyNotKnown,
}

impl From<Halt> for Stopped {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Halt(error.into())
    }
}

/// Runs until the desk closes.
pub(crate) async fn run(desk: Arc<Inner>) {
    let mut progress = Progress::default();
    loop {
        desk.audit_wake.notified().await;
        turn(&desk, &mut progress).await;
    }
}

/// Sends what there is to send, and lets the key store know when it was taken or when nobody is at work.
pub(crate) async fn turn(desk: &Arc<Inner>, progress: &mut Progress) {
    let Some(at_work) = desk.at_work() else {
        let ends = desk.store.read(audit::head).await.ok().flatten().map(|(number, _)| number);
        if ends.is_some() && ends != progress.remembered {
            remember(desk).await;
            progress.remembered = ends;
        }
        return;
    };
    if progress.session != Some(at_work.who.id) {
        // What an earlier session had to wait for is asked anew: it may have been mended, and signing in is no storm.
        (progress.session, progress.held, progress.not_before) = (Some(at_work.who.id), None, None);
    }
    let Some(device) = &desk.store.device else { return };
    let (network, paused) = {
        let state = desk.state();
        (state.network, state.pause.is_some())
    };
    let now = desk.parts.clock.monotonic();
    if network != Network::Online || paused || progress.not_before.is_some_and(|until| until > now) {
        return;
    }
    let before = progress.held;
    let sent = tokio::select! {
        // Nothing more is sent in the name of somebody who has gone.
        () = at_work.ended.cancelled() => return,
        sent = send(desk, &at_work, device, progress) => sent,
    };
    if let Err(stopped) = sent {
        progress.held = None;
        let wait = match stopped {
            Stopped::Halt(halt) => note(desk, &halt, progress),
            Stopped::KeyNotKnown => key_not_known(desk, progress),
        };
        progress.not_before = Some(now + wait);
    } else if progress.held != before {
        remember(desk).await;
        progress.remembered = progress.held;
    }
}

/// Says what a failure is, and how long nothing more is sent.
fn note(desk: &Arc<Inner>, halt: &Halt, progress: &mut Progress) -> Duration {
    match halt {
        Halt::Trouble(Trouble::Refused { code: Some(code), .. }) => {
            tracing::error!(code = code.as_str(), "the gateway does not take the audit");
            match code {
                FaultCode::DeviceUnknown | FaultCode::AuditGap => return AFTER_FAILURE,
                FaultCode::AuditForked | FaultCode::DeviceKeyDiffers | FaultCode::SignatureWrong => {
                    differs(desk, progress);
                }
                _ => {}
            }
            AFTER_REFUSAL
        }
        Halt::Trouble(Trouble::Refused { code: None, .. }) => AFTER_REFUSAL,
        // The loop that sends registrations learns of it by itself and says so.
        Halt::Trouble(Trouble::Busy(asked)) => asked.unwrap_or(AFTER_FAILURE),
        Halt::Trouble(_) | Halt::Ended => AFTER_FAILURE,
        Halt::Store(error) => {
            tracing::error!(%error, "the audit was not sent: the store failed");
            AFTER_FAILURE
        }
    }
}

fn differs(desk: &Arc<Inner>, progress: &mut Progress) {
    if !std::mem::replace(&mut progress.differs, true) {
        tracing::error!("the gateway holds another audit of this computer");
        desk.state().audit_differs = true;
        desk.note_happened(Happened::AuditBroken);
    }
}

fn key_not_known(desk: &Arc<Inner>, progress: &mut Progress) -> Duration {
    // Whoever hears of it and looks sees it.
    desk.state().countersigning_key_known = false;
    if !std::mem::replace(&mut progress.key_told, true) {
        tracing::error!("audits are countersigned with a key that is not known here: no word of it is believed");
        desk.note_happened(Happened::CountersigningKeyNotKnown);
    }
    AFTER_REFUSAL
}

async fn send(desk: &Arc<Inner>, at_work: &AtWork, device: &Device, progress: &mut Progress) -> Result<(), Stopped> {
    let mut held = match progress.held {
        Some(held) => held,
        None => appear(desk, at_work, device, progress).await?,
    };
    let mut asked_again = false;
    loop {
        progress.held = Some(held);
        let (before, rows, last) = desk
            .store
            .read(move |conn| {
                let rows = audit::rows_after(conn, held, MAX_AUDIT_ROWS)?;
                let last = rows.last().map(|row| audit::hash_of(conn, row.number)).transpose()?.flatten();
                Ok((audit::hash_of(conn, held)?.unwrap_or(AuditHash::NONE), rows, last))
            })
            .await?;
        let (Some(number), Some(hash)) = (rows.last().map(|row| row.number), last) else { return Ok(()) };
        let at = desk.parts.clock.now().as_microsecond();
        let head = device.sign(AuditHead { device: device.id(), number, hash, at });
        let request = AuditRequest { head, before, rows };
        let reply = desk.client.audit(&at_work.gateway, &request).await.map_err(trouble)?;
        // A receipt is kept for ever: one for another signature would look like a changed one from then on.
        if !reply.audit.head.is_signed_with(&device.known().key) {
            return Err(Halt::Trouble(Trouble::Network(NetworkFault::NotOurServer)).into());
        }
        if progress.key.is_some_and(|key| key != reply.audit.gateway) {
            // It may have been changed since it was last asked for: whether it follows the known one is asked once.
            if std::mem::replace(&mut asked_again, true) {
                return Err(Stopped::KeyNotKnown);
            }
            held = appear(desk, at_work, device, progress).await?;
            continue;
        }
        // A gateway of an earlier version names none: it is the one of its first receipt.
        progress.key = Some(reply.audit.gateway);
        keep(desk, reply.audit).await?;
        held = number;
    }
}

/// Tells the gateway this computer's key, and says up to which row it holds the same audit as is here.
async fn appear(desk: &Arc<Inner>, at_work: &AtWork, device: &Device, progress: &mut Progress) -> Result<i64, Stopped> {
    let reply = desk.client.device(&at_work.gateway, device.id(), &device.request()).await.map_err(trouble)?;
    let remembered = desk.store.gateway;
    let pinned = desk.store.read(move |conn| countersigning::pinned(conn, remembered)).await?;
    let chosen = countersigning::choose(desk.settings.countersigning_key, pinned, reply.countersigning.as_ref());
    progress.key = chosen.map_err(|countersigning::KeyNotKnown| Stopped::KeyNotKnown)?;
    if reply.held.is_some_and(|held| progress.key.is_some_and(|key| key != held.gateway)) {
        return Err(Stopped::KeyNotKnown);
    }
    if let Some(key) = progress.key {
        desk.store.write(move |conn| countersigning::follow(conn, key)).await?;
        desk.state().countersigning_key_known = true;
    }
    second_copy::is_known(desk, device.id()).await;
    let Some(held) = reply.held else { return Ok(0) };
    let AuditHead { device: whose, number, hash, .. } = held.head.head;
    let key = device.known().key;
    let (here, own) = desk
        .store
        .read(move |conn| {
            let own = audit::last_receipt(conn)?.map_or(0, |receipt| receipt.head.head.number);
            Ok((audit::hash_of(conn, number)?, own))
        })
        .await?;
    if whose == device.id() && held.head.is_signed_with(&key) && held.is_countersigned() && here == Some(hash) {
        keep(desk, held).await?;
        return Ok(number);
    }
    // An older copy of this store, or another story. What was written since is sent all the same: the gateway refuses
    // it, and keeps the first row that differs as evidence.
    differs(desk, progress);
    Ok(own.min(number))
}

async fn keep(desk: &Arc<Inner>, receipt: AuditReceipt) -> Result<(), StoreError> {
    let kept = desk.store.write(move |conn| {
        countersigning::follow(conn, receipt.gateway)?;
        audit::keep_receipt(conn, &receipt)
    });
    kept.await
}

fn trouble(error: CallError) -> Halt {
    Halt::Trouble(error.trouble)
}

/// Lets the key store remember where the audit ends by now.
///
/// Not at every row: a key store takes longer than the disk, and some ask their user each time. So it is told when the
/// gateway has taken rows, when nobody is at work any more, and when RA Desk closes. What lies between is found by the
/// gateway, or not at all; after a power cut the file is ahead, which is no fault.
pub(crate) async fn remember(desk: &Arc<Inner>) {
    let what = match desk.store.to_remember(desk.parts.clock.now()).await {
        Ok(Some(what)) => what,
        Ok(None) => return,
        Err(error) => return tracing::warn!(%error, "the key store could not be told how far the audit goes"),
    };
    let keys = desk.parts.keys.clone();
    let telling = tokio::task::spawn_blocking(move || device::remember(&*keys, &what));
    if !matches!(tokio::time::timeout(KEY_STORE, telling).await, Ok(Ok(Ok(())))) {
        tracing::warn!("the key store does not remember how far the audit goes");
    }
}
