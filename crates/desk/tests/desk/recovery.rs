//! A store that was damaged while RA Desk was closed: what can still be read is sent exactly once, what cannot is told,
//! and an older copy of a store registers nothing twice.

use std::collections::BTreeSet;
use std::path::Path;

use desk::{AuditEnded, AuditFault, Status};

use crate::support::gateway::Instead;
use crate::support::server::Response;
use crate::support::{Bench, PERSON, RA_USER};
use crate::taking_over::{MANAGER, author, hang_up, manager, signed_in_now};

const PAGE: usize = 4096;

/// Waits until nothing of this RA user is to be sent.
async fn all_sent(bench: &Bench) {
    bench.desk.confirm_recorded().await.unwrap();
    for _ in 0..500 {
        if bench.desk.snapshot().await.unwrap().outbox.ready == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("not all is sent: {:?}", bench.desk.snapshot().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_still_be_read_is_sent_exactly_once_and_the_rest_is_told() {
    let mut most = 0;
    for round in 0..6_usize {
        let bench = Bench::signed_in().await;
        let mut said = BTreeSet::new();
        // Of some the gateway's answer is lost, some it never hears of.
        for number in 0..12 {
            if number == 4 {
                bench.fake.instead("/v1/registrations/batch", Instead::LoseAnswer);
            }
            if number == 8 {
                for _ in 0..50 {
                    bench.fake.instead("/v1/registrations/batch", Instead::Answer(Response::HangUp));
                }
            }
            said.insert(bench.record(&format!("5550866{number:05}")).await.key.to_string());
        }
        bench.desk.close().await;
        let store = bench.folder.path().join("data/store.db");
        let bench = bench
            .restart_after(|| {
                let mut bytes = std::fs::read(&store).unwrap();
                let pages = bytes.len() / PAGE;
                // Three pages, others in each round.
                for nth in 0..3 {
                    let page = 1 + (round * 7 + nth * 5) % (pages - 1);
                    bytes[page * PAGE + 200] ^= 4;
                }
                std::fs::write(&store, bytes).unwrap();
            })
            .await;
        bench.fake.world().instead.clear();
        let told = bench.desk.recovery().await.unwrap().unwrap();
        bench.sign_in().await;
        all_sent(&bench).await;
        let registered: BTreeSet<String> = bench.fake.world().registrations.keys().cloned().collect();
        let missing = said.difference(&registered).count();
        let outbox = bench.desk.snapshot().await.unwrap().outbox;
        assert_eq!(outbox.ready + outbox.waiting + outbox.attention + outbox.done, told.recovered, "{told:?}");
        assert!(registered.is_subset(&said), "nothing else is registered");
        assert!(missing <= said.len() - told.recovered as usize, "what is here is sent: {missing} {told:?}");
        let lost = said.len() - told.recovered as usize;
        assert!(if told.lost_is_all { told.lost as usize == lost } else { told.lost as usize <= lost }, "{told:?}");
        most = most.max(told.recovered);
        assert_eq!(bench.desk.recovery().await.unwrap(), Some(told), "and to whoever is at work");
        bench.desk.acknowledge_recovery().await.unwrap();
        assert_eq!(bench.desk.recovery().await.unwrap(), None);
        let bench = bench.restart().await;
        assert_eq!(bench.desk.recovery().await.unwrap(), None, "told until it was read");
        assert!(bench.desk.audit_is_whole());
    }
    assert!(most >= 6, "{most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_recoveries_each_is_told_and_read_by_itself() {
    let mut bench = Bench::signed_in().await;
    bench.record("555086600001").await;
    bench.desk.close().await;
    let store = bench.folder.path().join("data/store.db");
    for _ in 0..2 {
        bench.clock.advance(std::time::Duration::from_secs(60));
        bench = bench
            .restart_after(|| {
                let mut bytes = std::fs::read(&store).unwrap();
                bytes[200] ^= 4;
                std::fs::write(&store, bytes).unwrap();
            })
            .await;
        bench.desk.close().await;
    }
    let bench = bench.restart().await;
    bench.desk.acknowledge_recovery().await.unwrap();
    let first = bench.desk.recovery().await.unwrap().unwrap();
    assert_eq!(bench.desk.recovery().await.unwrap(), Some(first.clone()), "nothing was shown yet that could be read");
    // Pressed twice it is the same one that was read.
    bench.desk.acknowledge_recovery().await.unwrap();
    bench.desk.acknowledge_recovery().await.unwrap();
    let second = bench.desk.recovery().await.unwrap().unwrap();
    assert!(second.found_at > first.found_at && second.set_aside != first.set_aside, "{first:?} {second:?}");
    bench.desk.acknowledge_recovery().await.unwrap();
    assert_eq!(bench.desk.recovery().await.unwrap(), None);
}

/// Starts it again, with its first page damaged.
async fn damaged(bench: Bench) -> Bench {
    let store = bench.folder.path().join("data/store.db");
    bench
        .restart_after(|| {
            let mut bytes = std::fs::read(&store).unwrap();
            bytes[200] ^= 4;
            std::fs::write(&store, bytes).unwrap();
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_ra_user_is_told_and_reads_it_for_themselves() {
    let bench = damaged(Bench::signed_in().await).await;
    let told = bench.desk.recovery().await.unwrap().unwrap();
    assert!(told.acknowledged_at.is_none() && told.read_by.is_empty());
    // What was shown to nobody who is known is read by nobody who is.
    author(&bench).await;
    bench.desk.acknowledge_recovery().await.unwrap();
    assert_eq!(bench.desk.recovery().await.unwrap(), Some(told.clone()));
    bench.desk.acknowledge_recovery().await.unwrap();
    assert_eq!(bench.desk.recovery().await.unwrap(), None, "once");
    bench.desk.acknowledge_recovery().await.unwrap();

    manager(&bench).await;
    let again = bench.desk.recovery().await.unwrap().expect("what was lost may be theirs");
    assert_eq!((again.found_at, again.read_by.len()), (told.found_at, 1));
    bench.desk.sign_out().await.unwrap();
    // Pressed after they had gone: it was not them.
    bench.desk.acknowledge_recovery().await.unwrap();
    assert_eq!(bench.desk.recovery().await.unwrap(), None, "before a sign-in, until anybody has read it");
    manager(&bench).await;
    assert!(bench.desk.recovery().await.unwrap().is_some());
    bench.desk.acknowledge_recovery().await.unwrap();
    assert_eq!(bench.desk.recovery().await.unwrap(), None);

    let bench = bench.restart().await;
    assert_eq!(bench.desk.recovery().await.unwrap(), None);
    bench.sign_in().await;
    assert_eq!(bench.desk.recovery().await.unwrap(), None, "a start forgets nobody");
    let found = bench.desk.recoveries().await.unwrap();
    let readers: Vec<String> = found[0].read_by.iter().map(|reader| reader.who.to_string()).collect();
    assert_eq!((found.len(), &readers[..]), (1, &[RA_USER.to_owned(), MANAGER.to_owned()][..]));
    assert!(found[0].recovered == told.recovered && found[0].lost == told.lost, "the numbers stay: {found:?}");
    let (_bench, audit) = bench.audit().await;
    let rows: Vec<&str> = audit.lines().filter(|row| row.contains("\"recovery_read\"")).collect();
    assert_eq!(rows.len(), 2, "each once: {audit}");
    for (row, who) in rows.iter().zip(readers) {
        assert!(row.contains(&who), "in their own name: {row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_go_thirty_days_after_an_ra_user_has_read_it_and_nothing_else_does() {
    let bench = damaged(Bench::signed_in().await).await;
    let data = bench.folder.path().join("data");
    let told = bench.desk.recovery().await.unwrap().unwrap();
    let aside = data.join(told.set_aside.as_deref().unwrap());
    let other = data.join("set-aside-by-hand");
    copy(&aside, &other);
    std::fs::write(aside.join("note.txt"), "of the IT service desk").unwrap();
    let files = |folder: &Path| std::fs::read_dir(folder).map_or(0, Iterator::count);
    let all = files(&aside);
    assert!(all > 1);

    // Nobody who is known has read it: however long ago that was, it is kept.
    bench.desk.acknowledge_recovery().await.unwrap();
    in_days(&bench, 40).await;
    assert_eq!((bench.desk.recoveries().await.unwrap()[0].kept_until(), files(&aside)), (None, all));
    assert!(bench.desk.recovery().await.unwrap().is_some());
    bench.desk.acknowledge_recovery().await.unwrap();
    let read = bench.desk.recoveries().await.unwrap().remove(0);
    assert_eq!(read.kept_until().unwrap(), read.read_by[0].at + jiff::SignedDuration::from_hours(30 * 24));
    in_days(&bench, 29).await;
    assert_eq!(files(&aside), all);
    // The time alone deletes nothing: the clock may be wrong.
    let bench = bench.restart().await;
    bench.clock.advance(std::time::Duration::from_secs(2 * 24 * 60 * 60));
    let bench = bench.restart().await;
    assert_eq!(files(&aside), all);
    in_days(&bench, 0).await;
    assert_eq!(files(&aside), 1, "what is not the store's stays");
    assert!(aside.join("note.txt").exists() && files(&other) == all - 1);
    let gone = bench.desk.recoveries().await.unwrap().remove(0);
    assert!(gone.deleted_at.is_some() && gone.kept_until().is_none(), "{gone:?}");
    assert_eq!(gone.set_aside, told.set_aside, "where they were is still known");
    in_days(&bench, 1).await;
    assert_eq!(bench.desk.recoveries().await.unwrap().remove(0), gone);
    let (bench, audit) = bench.audit().await;
    assert!(bench.desk.audit_is_whole());
    let rows: Vec<&str> = audit.lines().filter(|row| row.contains("\"set_aside_deleted\"")).collect();
    assert!(matches!(rows[..], [row] if row.contains(&gone.set_aside.unwrap())), "{rows:?}");
}

/// Two RA users have recorded something, and what became of it is read by the one who signed in first.
async fn read_by_one_of_two() -> (Bench, std::path::PathBuf) {
    let bench = Bench::signed_in().await;
    hang_up(&bench);
    bench.record(PERSON).await;
    manager(&bench).await;
    bench.record("555086600077").await;
    author(&bench).await;
    let bench = damaged(bench).await;
    bench.fake.world().instead.clear();
    author(&bench).await;
    let told = bench.desk.recovery().await.unwrap().unwrap();
    let concerns: Vec<&str> = told.concerns.iter().map(|who| who.as_str()).collect();
    assert_eq!(BTreeSet::from_iter(concerns), BTreeSet::from([RA_USER, MANAGER]));
    bench.desk.acknowledge_recovery().await.unwrap();
    let aside = bench.folder.path().join("data").join(told.set_aside.unwrap());
    (bench, aside)
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_wait_for_everybody_who_recorded_something() {
    let (bench, aside) = read_by_one_of_two().await;
    days_pass(&bench, 40);
    author(&bench).await;
    assert!(aside.join("store.db").exists(), "the manager has not read what became of theirs");
    days_pass(&bench, 5);
    manager(&bench).await;
    bench.desk.recovery().await.unwrap().unwrap();
    bench.desk.acknowledge_recovery().await.unwrap();
    let read = bench.desk.recoveries().await.unwrap().remove(0);
    assert_eq!(read.kept_until().unwrap(), read.read_by[1].at + jiff::SignedDuration::from_hours(30 * 24));
    days_pass(&bench, 29);
    author(&bench).await;
    assert!(aside.join("store.db").exists(), "30 days for whoever read it last");
    days_pass(&bench, 2);
    author(&bench).await;
    assert!(!aside.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_do_not_wait_for_ever_for_somebody_who_has_left() {
    let (bench, aside) = read_by_one_of_two().await;
    days_pass(&bench, 89);
    author(&bench).await;
    assert!(aside.join("store.db").exists());
    days_pass(&bench, 2);
    author(&bench).await;
    assert!(!aside.exists());
}

/// Somebody signs in when so many days have passed.
async fn in_days(bench: &Bench, days: u64) {
    days_pass(bench, days);
    bench.fake.world().claims = signed_in_now(bench).to_vec();
    bench.sign_in().await;
}

fn days_pass(bench: &Bench, days: u64) {
    bench.clock.advance(std::time::Duration::from_secs(days * 24 * 60 * 60));
}

async fn until_offline(bench: &Bench) {
    bench.desk.send_now();
    for _ in 0..500 {
        if matches!(bench.desk.snapshot().await.unwrap().network, desk::Network::Offline { .. }) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it does not notice that there is no network");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_doubles_nothing_and_brings_nothing_back_by_itself() {
    let bench = Bench::signed_in().await;
    for _ in 0..50 {
        bench.fake.instead("/v1/registrations/batch", Instead::Answer(Response::HangUp));
    }
    // One of those that are taken back meanwhile may have been sent, another was never.
    let (sent, withdrawn) = (bench.record("555086600001").await, bench.record("555086600002").await);
    bench.until(&withdrawn, |now| now.attempts > 0).await;
    let draft = bench.draft("555086600003").await;
    bench.fake.set_up(false);
    until_offline(&bench).await;
    // An answer may still have been on its way: then it is online once more, and only then for good no longer.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    until_offline(&bench).await;
    let never_sent = bench.desk.record(draft.id).await.unwrap();
    let (data, aside) = (bench.folder.path().join("data"), bench.folder.path().join("backup"));
    let bench = bench.restart_after(|| copy(&data, &aside)).await;
    bench.fake.set_up(true);
    bench.fake.world().instead.clear();
    bench.sign_in().await;
    // Meanwhile two are taken back and one is registered.
    assert_eq!(bench.desk.submission(never_sent.key).await.unwrap().attempts, 0);
    bench.desk.withdraw(never_sent.key).await.unwrap();
    bench.desk.withdraw(withdrawn.key).await.unwrap();
    bench.until(&withdrawn, |now| now.status == Status::Withdrawn).await;
    all_sent(&bench).await;
    bench.until(&sent, |now| now.status == Status::WaitingForThem).await;
    // One of them may be told twice, by whoever asked and by the loop.
    let cancelled = || bench.fake.world().cancelled.iter().cloned().collect::<BTreeSet<_>>();
    for _ in 0..500 {
        if cancelled().len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let both = BTreeSet::from([withdrawn.key.to_string(), never_sent.key.to_string()]);
    assert_eq!(cancelled(), both, "the gateway hears of both");
    bench.desk.close().await;

    let bench = bench
        .restart_after(|| {
            std::fs::remove_dir_all(&data).unwrap();
            copy(&aside, &data);
        })
        .await;
    assert!(!bench.desk.audit_is_whole(), "an older copy is noticed");
    bench.sign_in().await;
    bench.until(&sent, |now| now.status == Status::ReadyToSend).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let waiting = bench.desk.to_confirm().await.unwrap().len();
    assert_eq!(waiting, 3, "nothing is sent before its author says again that it is wanted");
    all_sent(&bench).await;
    bench.until(&sent, |now| now.status == Status::WaitingForThem).await;
    for key in [withdrawn.key, never_sent.key] {
        let status = bench.desk.submission(key).await.unwrap().status;
        assert_eq!(status, Status::Withdrawn, "the gateway knows what was taken back");
    }
    let registered: Vec<String> = bench.fake.world().registrations.keys().cloned().collect();
    assert_eq!(registered, [sent.key.to_string()]);

    // A new audit is begun when somebody asks for it, and names the one before.
    let now = bench.desk.check_audit().await.unwrap();
    assert_eq!(now.report.broken.map(|broken| broken.why), Some(AuditFault::RolledBack));
    bench.desk.begin_new_audit().await.unwrap();
    assert!(bench.desk.check_audit().await.unwrap().asked);
    assert!(bench.desk.begin_new_audit().await.is_err(), "once");
    let bench = bench.restart().await;
    assert!(bench.desk.audit_is_whole());
    let now = bench.desk.check_audit().await.unwrap();
    let before = now.report.before.unwrap();
    assert_eq!((before.why, now.asked, now.signs), (AuditEnded::Restored, false, true));
    assert!(before.rows > 0 && now.report.kept_of_earlier > 0, "and its rows are kept: {now:?}");
    bench.sign_in().await;
    assert!(bench.desk.begin_new_audit().await.is_err(), "an intact audit is not ended");
    let bench = bench.restart().await;
    assert!(bench.desk.audit_is_whole(), "from then on the new one is the computer's");
}
