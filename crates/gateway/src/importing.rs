//! Taking in second copies: what a computer recorded that will not come back, under the keys it was recorded with.
//!
//! An act of a named operator at the gateway's own host, with a reason. Each record must open with this gateway's key,
//! be signed by a computer that is known and not shut out, and is then judged as if its author had sent it: same keys,
//! same policy, so nothing doubles however often and in whatever order it comes. Its author is not there, so it counts
//! only while the gateway knows, from their last sign-in, that they hold the role it was recorded in and that role may
//! register; else it is left alone, and can be taken in after they have signed in again. What was taken back registers
//! nothing: that is read first, from all files. What an RA Manager took over comes next, and closes what it was taken over
//! from.

use std::cmp::Reverse;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::{
    CancelOutcome, DeviceId, ItemOutcome, OpenedRecord, Piece, RefusalCode, RequestId, SealedReader, SealedRecord,
    SubmissionKey,
};
use jiff::Timestamp;
use rusqlite::Connection;

use crate::gateway::{Actor, Rules};
use crate::keys::Keys;
use crate::registering::{self, Submission};
use crate::store::{self, SealedImport, Store, StoreError};
use crate::{random, roles};
use contract::{Access, RaRole};

/// The largest file that is read, in bytes: more than two hundred thousand records.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// What an operator asks for.
#[derive(Debug, Clone)]
pub struct Import {
    /// The files of second copies.
    pub files: Vec<PathBuf>,
    /// Who does it.
    pub by: Operator,
    /// Say what would come of it, and change nothing.
    pub dry_run: bool,
    /// Take in from computers that are shut out too.
    pub revoked_too: bool,
}

/// Whoever acts at the gateway's own host, and why.
#[derive(Debug, Clone)]
pub struct Operator {
    name: String,
    reason: String,
}

/// An operator's name or reason cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an operator has a name of 1 to 60 characters and a reason of 1 to 200, each on one line")]
pub struct NotAnOperator;

impl Operator {
    /// Takes a name (1 to 60 characters) and a reason (1 to 200), each on one line. Both stand in the audit.
    pub fn new(name: &str, reason: &str) -> Result<Self, NotAnOperator> {
        let fits =
            |text: &str, most| (1..=most).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control);
        if !fits(name, 60) || !fits(reason, 200) {
            return Err(NotAnOperator);
        }
        Ok(Self { name: name.trim().into(), reason: reason.trim().into() })
    }

    /// Who.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Why.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }
}

/// What came of an import, in the order of the files.
#[derive(Debug, Default)]
pub struct ImportReport {
    /// A line for each thing that stands in a file.
    pub found: Vec<Found>,
}

/// One thing that stands in a file, and what came of it; damaged pieces beside each other are one. Holds no names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which of the files, counted from 1.
    pub file: usize,
    /// Its submission; none where it could not be opened.
    pub key: Option<SubmissionKey>,
    /// What came of it.
    pub outcome: Taken,
    /// How many pieces of the file it is: 1, or more where damaged ones stand beside each other.
    pub pieces: usize,
}

/// What came of one thing in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is registered, by this import.
    Registered,
    /// It was registered before under this key.
    RegisteredBefore,
    /// It was taken back: nothing is registered under its key, and nothing will be.
    Withdrawn,
    /// An RA Manager took it over: nothing is registered under its key, and nothing will be. Theirs has a line of its
    /// own, where it stands in a file.
    TakenOver,
    /// It is refused, for good under this key.
    Refused(RefusalCode),
    /// Its author is not known to hold, by their last sign-in, the role it was recorded in, or that role may not
    /// register. Nothing was settled.
    RoleNotHeld,
    /// The computer it is from is not known here. Nothing was settled.
    DeviceUnknown,
    /// The computer it is from is shut out. Nothing was settled.
    DeviceRevoked,
    /// It is not signed by the computer it names. Nothing was settled.
    SignatureWrong,
    /// It was sealed to another key, or is not as it was written.
    NotOpened,
    /// Bytes that are no record.
    Spoilt,
    /// The beginning of a record at the file's end.
    Torn,
    /// The file is no second copy.
    NoCopy,
    /// It was read once and not again, or another stood there then. Nothing was settled.
    NotReadAgain,
    /// It could not be written down. Nothing was settled.
    NotDone,
}

impl Taken {
    /// Whether something was left that may be of use: it was not settled under a key.
    pub const fn is_left(self) -> bool {
        !matches!(
            self,
            Self::Registered | Self::RegisteredBefore | Self::Withdrawn | Self::TakenOver | Self::Refused(_)
        )
    }

    /// What came of it, in a few words.
    pub fn words(self) -> String {
        match self {
            Self::Registered => "registered".into(),
            Self::RegisteredBefore => "registered before".into(),
            Self::Withdrawn => "taken back: nothing is registered".into(),
            Self::TakenOver => "taken over by an RA Manager: nothing is registered under this key".into(),
            Self::Refused(code) => format!("refused: {code}"),
            Self::RoleNotHeld => {
                "NOT TAKEN IN: its author is not known to hold the role it was recorded in, with the right to register; \
                 import again after they have signed in"
                    .into()
            }
            Self::DeviceUnknown => "NOT TAKEN IN: its computer is not known here".into(),
            Self::DeviceRevoked => "NOT TAKEN IN: its computer is shut out (--also-revoked takes it in)".into(),
            Self::SignatureWrong => "NOT TAKEN IN: it is not signed by the computer it names".into(),
            Self::NotOpened => "NOT OPENED: sealed to another key, or damaged".into(),
            Self::Spoilt => "DAMAGED: bytes that are no record".into(),
            Self::Torn => "TORN: the file ends within a record".into(),
            Self::NoCopy => "NOT READ: this file is no second copy".into(),
            Self::NotReadAgain => {
                "NOT TAKEN IN: the file could not be read a second time, or was changed meanwhile; import again".into()
            }
            Self::NotDone => "NOT TAKEN IN: the database could not be written; import again".into(),
        }
    }
}

impl ImportReport {
    /// How many came to that, every damaged piece counted.
    pub fn count(&self, outcome: impl Fn(Taken) -> bool) -> usize {
        self.found.iter().filter(|found| outcome(found.outcome)).map(|found| found.pieces).sum()
    }

    /// Adds what stands in a file next. A file of nothing but the beginnings of records has millions of damaged pieces,
    /// so those beside each other are one entry.
    fn add(&mut self, file: usize, key: Option<SubmissionKey>, outcome: Taken) {
        match self.found.last_mut() {
            Some(last) if outcome == Taken::Spoilt && (last.file, last.outcome) == (file, outcome) => last.pieces += 1,
            _ => self.found.push(Found { file, key, outcome, pieces: 1 }),
        }
    }
}

/// Something went wrong before anything was taken in.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be read: {source}")]
pub struct UnreadableCopy {
    path: PathBuf,
    source: std::io::Error,
}

/// A record that opens with this gateway's key: where it stands, and when it is judged. It is opened again then, so that
/// what one says is in memory at a time, however large the files are.
struct Waits {
    /// Its place in the report.
    place: usize,
    /// Which of the files, counted from 0.
    file: usize,
    at: u64,
    length: usize,
    /// Its key, as it was read the first time and stands in the report.
    key: SubmissionKey,
    turn: (bool, Reverse<usize>),
}

/// The files, kept open: what is read the second time is what was read the first time.
struct Copies(Vec<File>);

impl Copies {
    /// Opens a record again. None: it does not stand there any more, or another does.
    fn open(&self, keys: &Keys, waits: &Waits) -> Option<OpenedRecord> {
        let mut file = self.0.get(waits.file)?;
        let mut sealed = vec![0; waits.length];
        file.seek(SeekFrom::Start(waits.at)).and_then(|_| file.read_exact(&mut sealed)).ok()?;
        keys.unseal(&sealed).filter(|opened| opened.record.key == waits.key)
    }
}

/// Takes in second copies.
pub(crate) async fn import(
    store: &Store,
    rules: &Arc<Rules>,
    wanted: &Import,
    now: Timestamp,
) -> Result<ImportReport, UnreadableCopy> {
    let mut report = ImportReport::default();
    let (mut copies, mut waiting) = (Copies(Vec::new()), Vec::new());
    for path in &wanted.files {
        let looked = open(path).and_then(|file| {
            look_through(&file, copies.0.len(), rules, &mut report, &mut waiting)?;
            Ok(file)
        });
        copies.0.push(looked.map_err(|source| UnreadableCopy { path: path.clone(), source })?);
    }
    waiting.sort_by_key(|waits| waits.turn);
    if wanted.dry_run {
        for (place, outcome) in try_all(store, rules, wanted, (copies, waiting), now).await {
            report.found[place].outcome = outcome;
        }
    } else {
        for waits in waiting {
            report.found[waits.place].outcome = match copies.open(&rules.keys, &waits) {
                Some(opened) => take_in(store, rules, wanted, opened, now).await,
                None => Taken::NotReadAgain,
            };
        }
    }
    Ok(report)
}

/// Notes what stands in a file, and keeps nothing of what it says.
fn look_through(
    file: &File,
    number: usize,
    rules: &Rules,
    report: &mut ImportReport,
    waiting: &mut Vec<Waits>,
) -> std::io::Result<()> {
    let file_number = number + 1;
    let Some(mut reader) = SealedReader::begin(file)? else {
        report.add(file_number, None, Taken::NoCopy);
        return Ok(());
    };
    while let Some((at, piece)) = reader.next()? {
        let place = report.found.len();
        let (key, outcome) = match piece {
            Piece::Record(sealed) => match rules.keys.unseal(sealed) {
                Some(opened) => {
                    let (record, length) = (&opened.record, sealed.len());
                    let (key, turn) = (record.key, turn(record));
                    waiting.push(Waits { place, file: number, at, length, key, turn });
                    (Some(key), Taken::NotDone)
                }
                None => (None, Taken::NotOpened),
            },
            Piece::Spoilt(_) => (None, Taken::Spoilt),
            Piece::Torn(_) => (None, Taken::Torn),
        };
        report.add(file_number, key, outcome);
    }
    Ok(())
}

/// When a record is judged, wherever it stands: what was taken back first, then what was taken over, the last time
/// first. Each closes keys, and what stands under those is not to be judged for itself.
fn turn(record: &SealedRecord) -> (bool, Reverse<usize>) {
    let Some(registration) = &record.registration else { return (false, Reverse(0)) };
    let taken_over = registration.body.body().ok().and_then(|body| body.taken_over);
    (true, Reverse(taken_over.map_or(0, |from| from.originals().count())))
}

fn open(path: &Path) -> std::io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.len() > MOST_BYTES {
        return Err(std::io::Error::other("it is larger than any second copy"));
    }
    Ok(file)
}

/// What would come of each, by its place in the report. All in one act that is undone at its end, so that each sees
/// what came of those before it. A gateway beside it writes nothing meanwhile.
async fn try_all(
    store: &Store,
    rules: &Arc<Rules>,
    wanted: &Import,
    (copies, waiting): (Copies, Vec<Waits>),
    now: Timestamp,
) -> Vec<(usize, Taken)> {
    let (rules, wanted) = (Arc::clone(rules), wanted.clone());
    let tried = store
        .write(move |connection| {
            let mut outcomes = Vec::with_capacity(waiting.len());
            for waits in waiting {
                let Some(opened) = copies.open(&rules.keys, &waits) else {
                    outcomes.push((waits.place, Taken::NotReadAgain));
                    continue;
                };
                let taken = store::apart(connection, || judge(connection, &rules, &wanted, opened, now))?;
                outcomes.push((waits.place, taken.unwrap_or(Taken::NotDone)));
            }
            Err::<(), _>(Undone::Tried(outcomes))
        })
        .await;
    match tried {
        Err(Undone::Tried(outcomes)) => outcomes,
        Err(Undone::Failed(error)) => {
            tracing::error!(%error, "second copies were not tried");
            Vec::new()
        }
        Ok(()) => Vec::new(),
    }
}

/// Why an act is undone: it was only to be tried, or it failed.
enum Undone {
    Tried(Vec<(usize, Taken)>),
    Failed(StoreError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

async fn take_in(store: &Store, rules: &Arc<Rules>, wanted: &Import, opened: OpenedRecord, now: Timestamp) -> Taken {
    let (rules, wanted) = (Arc::clone(rules), wanted.clone());
    let key = opened.record.key;
    let done = store.write(move |connection| judge(connection, &rules, &wanted, opened, now)).await;
    done.unwrap_or_else(|error: StoreError| {
        tracing::error!(%error, %key, "a record of a second copy was not taken in");
        Taken::NotDone
    })
}

fn judge(
    connection: &Connection,
    rules: &Rules,
    wanted: &Import,
    opened: OpenedRecord,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    let device = opened.record.device;
    let Some(device_key) = store::device_key(connection, &device)? else { return Ok(Taken::DeviceUnknown) };
    if !opened.is_signed_with(&device_key) {
        return Ok(Taken::SignatureWrong);
    }
    if !wanted.revoked_too && store::is_revoked(connection, &device)? {
        return Ok(Taken::DeviceRevoked);
    }
    let record = opened.record;
    let request = RequestId::from_guid(random::guid());
    let actor = author(connection, rules, &record, request)?;
    let was_known = store::submission(connection, &record.key)?.is_some();
    let act = format!("{device} record {}: {}", record.number, wanted.by.reason());
    store::append_operator_audit(connection, now, wanted.by.name(), "import sealed", request, &act)?;
    let (key, role) = (record.key, record.role.clone());
    let taken = match record.registration {
        Some(registration) => {
            let content = Ok((registration.care_identity, registration.body));
            of_item(&registering::register(connection, rules, &actor, &Submission { key, content }, now)?)
        }
        // A key that somebody else used is theirs; that tells of no loss.
        None => registering::cancel(connection, rules, &actor, key, now)?
            .map_or(Taken::Refused(RefusalCode::NotYourSubmission), |outcome| of_cancel(&outcome)),
    };
    if !was_known && store::submission(connection, &key)?.is_some() {
        keep(connection, wanted, &device, &actor, &role, key, taken, now)?;
    }
    Ok(taken)
}

#[expect(clippy::too_many_arguments, reason = "each is a different thing, and is written down as it is")]
fn keep(
    connection: &Connection,
    wanted: &Import,
    device: &DeviceId,
    actor: &Actor,
    role: &contract::RoleProfileId,
    key: SubmissionKey,
    taken: Taken,
    at: Timestamp,
) -> Result<(), StoreError> {
    let outcome = match taken {
        Taken::Registered => "registered",
        Taken::Refused(code) => code.as_str(),
        Taken::TakenOver => "taken_over",
        _ => "withdrawn",
    };
    let (operator, reason) = (wanted.by.name(), wanted.by.reason());
    let import = SealedImport { key, device, author: &actor.uuid, role, outcome, operator, reason, at };
    store::keep_import(connection, &import)
}

/// Its author, as the gateway knows them from their last sign-in.
fn author(
    connection: &Connection,
    rules: &Rules,
    record: &SealedRecord,
    request: RequestId,
) -> Result<Actor, StoreError> {
    let known = store::known_role(connection, &record.author, &record.role)?;
    let may_register =
        known.as_ref().is_some_and(|(_, held)| roles::access(held, &rules.config.policy) == Access::Register);
    let is_manager = known.as_ref().is_some_and(|(_, held)| held.role.ra_role == RaRole::RaManager);
    let (name, organisation) = match known {
        Some((name, held)) => (name, Some(held.role.organisation)),
        None => (String::new(), None),
    };
    let role = Some(record.role.clone());
    Ok(Actor { uuid: record.author.clone(), name, role, organisation, is_manager, may_register, request })
}

const fn of_item(outcome: &ItemOutcome) -> Taken {
    match outcome {
        ItemOutcome::Registered { replay: false, .. } => Taken::Registered,
        ItemOutcome::Registered { replay: true, .. } => Taken::RegisteredBefore,
        ItemOutcome::Refused { code: RefusalCode::NotPermitted, .. } => Taken::RoleNotHeld,
        ItemOutcome::Refused { code, .. } => Taken::Refused(*code),
        ItemOutcome::InFlight => Taken::NotDone,
        ItemOutcome::Withdrawn { taken_over: Some(_), .. } => Taken::TakenOver,
        ItemOutcome::Withdrawn { taken_over: None, .. } => Taken::Withdrawn,
    }
}

const fn of_cancel(outcome: &CancelOutcome) -> Taken {
    match outcome {
        CancelOutcome::Withdrawn { taken_over: Some(_) } => Taken::TakenOver,
        CancelOutcome::Withdrawn { taken_over: None } => Taken::Withdrawn,
        CancelOutcome::Registered { .. } => Taken::RegisteredBefore,
        CancelOutcome::Refused { code } => Taken::Refused(*code),
    }
}

#[cfg(test)]
mod tests;
