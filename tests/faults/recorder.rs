//! A desk that records and never sends, in a process of its own: for disks that go bad and machines that lose power.
//!
//! It signs in and reads profiles over a sound network. Then the network goes, and everything it does is on its disk.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use contract::{CareIdentityUuid, NhsNetAddress};
use sandbox::Layout;
use sandbox::fault_proxy::Fault;
use tests::Outcome;
use tests::crowd::{Somebody, everybody};

use crate::child::{Child, need, say, say_draft, say_recorded};
use crate::station::Station;

/// The role of a desk that records.
pub const ROLE: &str = "recorder";
/// What it says when the network is gone and it begins to record.
pub const READY: &str = "ready";
/// What it says when it has recorded as many as it was told to.
pub const DONE: &str = "done";

const FOLDER: &str = "RA_DESK_FAULTS_FOLDER";
const KEY: &str = "RA_DESK_FAULTS_KEY";
const WORLD: &str = "RA_DESK_FAULTS_WORLD";
const USER: &str = "RA_DESK_FAULTS_USER";
const WHOM: &str = "RA_DESK_FAULTS_WHOM";
const HOW_MANY: &str = "RA_DESK_FAULTS_HOW_MANY";

/// What a recorder is told.
pub struct Orders<'a> {
    /// The practice world's folder.
    pub layout: &'a Layout,
    /// Where its store is.
    pub folder: &'a Path,
    /// Where its key is; it lies on a sound disk.
    pub key: &'a Path,
    /// Who signs in.
    pub user: &'a str,
    /// Whom it records, again and again, and whose draft it leaves half done.
    pub whom: &'a [Somebody; 2],
    /// How often. 0 is without an end.
    pub how_many: u64,
}

impl Orders<'_> {
    /// Starts a desk that follows them, with more in its environment.
    pub fn start(&self, more: &[(&str, OsString)]) -> Outcome<Child> {
        let [(whom, address), (left, at)] = self.whom;
        let whom = OsString::from(format!("{whom} {} {left} {}", address.as_str(), at.as_str()));
        let how_many = OsString::from(self.how_many.to_string());
        let needs: [(&str, &OsStr); 6] = [
            (FOLDER, self.folder.as_os_str()),
            (KEY, self.key.as_os_str()),
            (WORLD, self.layout.dir.as_os_str()),
            (USER, self.user.as_ref()),
            (WHOM, &whom),
            (HOW_MANY, &how_many),
        ];
        let more = more.iter().map(|(name, value)| (*name, value.as_os_str()));
        Child::start(ROLE, needs.into_iter().chain(more), &self.key.with_extension("last-words"))
    }
}

/// Whom to record, and whose draft to leave half done, in a world of 200 people.
pub fn two_people() -> Outcome<[Somebody; 2]> {
    let mut everybody = everybody(200).into_iter();
    everybody.next().zip(everybody.next()).map(<[Somebody; 2]>::from).ok_or_else(|| "nobody can be registered".into())
}

/// The desk that records.
pub async fn recorder() -> Outcome {
    let (folder, key) = (PathBuf::from(need(FOLDER)?), PathBuf::from(need(KEY)?));
    let whom = need(WHOM)?;
    let words: Vec<&str> = whom.split(' ').collect();
    let [uuid, address, left, at] = words[..] else { return Err("whom is not two people".into()) };
    let whom: Somebody = (uuid.parse::<CareIdentityUuid>()?, address.parse::<NhsNetAddress>()?);
    let left: Somebody = (left.parse()?, at.parse()?);
    let how_many: u64 = need(HOW_MANY)?.parse()?;
    let layout = layout_of(&PathBuf::from(need(WORLD)?))?;
    let station = Station::open(&layout, &folder, &key, &need(USER)?).await?;
    station.read(&whom).await?;
    station.read(&left).await?;
    station.proxy.always(Some(Fault::Reset));
    // One is left half done.
    say_draft(station.draft(&left).await?)?;
    say(READY)?;
    let mut recorded = 0;
    while how_many == 0 || recorded < how_many {
        say_recorded(station.record(&whom).await?)?;
        recorded += 1;
    }
    // A disk that fails when the store is closed has failed as well.
    station.close().await;
    say(DONE)
}

/// Where everything is in a practice world that was made before, as far as a desk needs it.
fn layout_of(dir: &Path) -> Outcome<Layout> {
    let desk_settings = dir.join("desk.toml");
    let settings = desk::Settings::read(&desk_settings)?;
    Ok(Layout {
        dir: dir.to_owned(),
        gateway_config: dir.join("gateway.toml"),
        desk_settings,
        sandbox_settings: dir.join("sandbox.toml"),
        ca: dir.join("ca.pem"),
        issuer_url: String::new(),
        gateway_url: settings.gateway_url.to_string(),
        sandbox_url: String::new(),
        link_url: String::new(),
    })
}
