//! A queue as long as a month without a network makes it.
//!
//! One registration is recorded by the real desk; the harness writes thousands more of its kind into the closed store,
//! each for another person, as that desk would have written them. Then the desk opens it, its RA user confirms, and
//! all of it is sent, with answers lost on the way.
//!
//! Those rows have no row in the audit each, so the audit is looked at by the product's own eyes alone here.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use contract::{CareIdentityUuid, FrozenBody, Profile};
use rusqlite::params;
use sandbox::fault_proxy::Fault;
use sandbox::world::World;
use tests::Outcome;
use tests::crowd::{Somebody, everybody};
use tests::practice::Practice;

use crate::Run;
use crate::cold;
use crate::station::{BATCH, Station, ra_user};
use crate::table::{Promise, Row, Tally};

/// How many of them are older than the gateway takes.
const TOO_OLD: usize = 25;
const MONTH: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);

/// The long queue.
pub async fn run(run: &Run, rows: &mut Vec<Row>) -> Outcome {
    let waiting = usize::try_from(run.count(5_000, 100_000))?;
    let people = waiting * 9 / 2;
    let mut tally = Tally::of(format!("F16 {waiting} waiting, the oldest for 30 days"), Promise::Holds);
    let practice = Practice::start_of(people).await?;
    let crowd: Vec<Somebody> = everybody(people).into_iter().take(waiting).collect();
    if crowd.len() < waiting {
        return Err(format!("only {} people can be registered", crowd.len()).into());
    }
    let (folder, user) = (practice.data_dir("desk"), ra_user(0));
    let key = folder.with_extension("key");
    let station = Station::open(practice.layout(), &folder, &key, &user).await?;
    station.read(&crowd[0]).await?;
    station.proxy.always(Some(Fault::CutBefore));
    station.record(&crowd[0]).await?;
    station.close().await;
    multiply(&folder, &key, &crowd, people)?;

    let opened = Instant::now();
    let station = Station::open(practice.layout(), &folder, &key, &user).await?;
    let opened = opened.elapsed();
    station.proxy.next(BATCH, [Fault::CutAfter, Fault::CutBefore, Fault::HalfReply, Fault::CutAfter]);
    let sent = Instant::now();
    station.desk.confirm_recorded().await?;
    if !station.settle(Duration::from_secs(run.count(120, 3_600))).await? {
        tally.damaged("not all of it was sent");
    }
    let sent = sent.elapsed();
    let counts = station.desk.snapshot().await?.outbox;
    let audit_is_whole = station.desk.audit_is_whole();
    station.close().await;
    for _ in 0..waiting {
        tally.case();
    }
    if !audit_is_whole {
        tally.damaged("the audit's chain is broken");
    }
    let count = |sql: &str| -> Outcome<usize> { Ok(usize::try_from(practice.count(sql)?)?) };
    let all = count("SELECT count(*) FROM registrations")?;
    let registered = count("SELECT count(DISTINCT uuid) FROM registrations")?;
    let too_old = count("SELECT count(*) FROM submissions WHERE refusal = 'TOO_OLD'")?;
    tally.twice(all - registered, "registered more than once");
    tally.lost((waiting - TOO_OLD).saturating_sub(registered), "recorded and not registered");
    if (too_old, counts.attention as usize) != (TOO_OLD, TOO_OLD) {
        tally.damaged(&format!("{too_old} were refused as too old and {} need attention", counts.attention));
    }
    if counts.waiting as usize != registered {
        tally.damaged(&format!("{} stand as registered and {registered} are", counts.waiting));
    }
    // The gateway takes them in the order in which they were recorded.
    let order = practice.count(
        "SELECT count(*) FROM (SELECT key, lag(key) OVER (ORDER BY changed) AS before FROM registrations) \
         WHERE before > key",
    )?;
    if order > 0 {
        tally.damaged(&format!("{order} were sent before one that was recorded earlier"));
    }
    tally.note(format!(
        "signed in after {:.1} s, all sent and answered after {:.1} s more; {TOO_OLD} too old to be taken, told and kept",
        opened.as_secs_f64(),
        sent.as_secs_f64()
    ));
    rows.push(tally.close());
    Ok(())
}

/// Writes one more of the store's only submission for everybody else of a crowd.
fn multiply(folder: &Path, key: &Path, crowd: &[Somebody], people: usize) -> Outcome {
    let world = World::generate(sandbox::Options::default().seed, people);
    let profiles: HashMap<&CareIdentityUuid, &Profile> =
        world.people().iter().map(|person| (&person.profile.uuid, &person.profile)).collect();
    let mut conn = cold::open(folder, key)?;
    let columns: Vec<String> = conn
        .prepare("SELECT name FROM pragma_table_info('submission')")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let own = ["key", "care_identity", "profile", "address", "body"];
    let rest: Vec<&str> = columns.iter().map(String::as_str).filter(|name| !own.contains(name)).collect();
    let rest = rest.join(", ");
    let (first, text): (String, String) =
        conn.query_row("SELECT key, body FROM submission", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let body = FrozenBody::from_text(text).map_err(|_| "the body is not one")?.body().map_err(|_| "nor is this")?;
    let tx = conn.transaction()?;
    {
        let mut copy = tx.prepare(&format!(
            "INSERT INTO submission (key, care_identity, profile, address, body, {rest}) \
             SELECT ?1, ?2, ?3, ?4, ?5, {rest} FROM submission WHERE key = ?6"
        ))?;
        for (number, (uuid, address)) in crowd.iter().enumerate().skip(1) {
            let profile = *profiles.get(uuid).ok_or("somebody of the crowd is not in the world")?;
            let mut body = body.clone();
            body.address = address.clone();
            body.profile_seen = profile.seen();
            if number >= crowd.len() - TOO_OLD {
                body.recorded_at = body.recorded_at.checked_sub(MONTH)?;
                body.checked_at = body.checked_at.checked_sub(MONTH)?;
            }
            let body = FrozenBody::freeze(&body).map_err(|_| "a body cannot be frozen")?;
            // The same moment, one after another.
            let key = format!("{}{number:012x}", &first[..24]);
            let profile = serde_json::to_string(profile)?;
            copy.execute(params![key, uuid.as_str(), profile, address.as_str(), body.as_str(), first])?;
        }
    }
    tx.commit()?;
    Ok(())
}
