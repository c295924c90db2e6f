//! A copy of the audit, saved by whoever is at work.

use std::future::poll_fn;
use std::path::Path;
use std::task::Poll;
use std::time::Duration;

use desk::Cause;
use serde_json::json;

use crate::support::{Bench, PERSON, RA_USER};

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_copy_is_whole_new_and_written_down() {
    let bench = Bench::signed_in().await;
    bench.record(PERSON).await;
    let documents = bench.folder.path().join("Documents");
    std::fs::create_dir(&documents).unwrap();
    let first = bench.desk.save_audit(documents.clone()).await.unwrap();
    let second = bench.desk.save_audit(documents.clone()).await.unwrap();
    assert!(first.path != second.path && first.path.starts_with(&documents), "{first:?} {second:?}");
    let text = std::fs::read_to_string(&first.path).unwrap();
    assert_eq!(text.lines().count() as u64, first.rows + 1, "{text}");
    assert!(text.contains("\"recorded\"") && !text.contains("\"audit_saved\""), "{text}");
    assert!(text.contains("\"audit_copy_asked\""), "the copy tells of itself: {text}");
    assert!(text.lines().last().unwrap().contains(&first.last_at.unwrap().to_string()), "{first:?} {text}");
    // The second tells of the first, in the name of whoever saved it.
    assert!(second.rows > first.rows && second.last_at >= first.last_at);
    let later = std::fs::read_to_string(&second.path).unwrap();
    let row = later.lines().find(|row| row.contains("\"audit_saved\"")).unwrap();
    assert!(row.contains(RA_USER) && row.contains(&format!("\"{} rows\"", first.rows)), "{row}");
    assert_eq!(names(&documents).len(), 2, "{:?}", names(&documents));
    assert!(bench.desk.check_audit().await.unwrap().report.is_intact());
}

#[tokio::test]
async fn what_fails_leaves_nothing_behind_and_says_why() {
    let bench = Bench::new().await;
    let here = bench.folder.path().join("Documents");
    std::fs::create_dir(&here).unwrap();
    let refused = bench.desk.save_audit(here.clone()).await.unwrap_err();
    assert_eq!(refused.cause, Cause::SignInNeeded, "the rows are about people");
    bench.sign_in().await;
    let before = bench.desk.check_audit().await.unwrap().report.rows;
    let missing = bench.desk.save_audit(bench.folder.path().join("not there")).await.unwrap_err();
    assert_eq!(missing.cause, Cause::FolderNotWritable(std::io::ErrorKind::NotFound));
    assert_eq!(
        bench.desk.check_audit().await.unwrap().report.rows,
        before + 2,
        "that it was asked for and is not there"
    );

    // Who may only look has no copy of what others did.
    bench.desk.sign_out().await.unwrap();
    bench.fake.world().session = vec![("may", json!({ "find": true, "register": false, "remove": false }))];
    bench.sign_in().await;
    let refused = bench.desk.save_audit(here.clone()).await.unwrap_err();
    assert_eq!(refused.cause, Cause::NotPermitted);
    assert_eq!(names(&here), [""; 0]);
}

/// As if RA Desk ended at each moment in between: what is there, the audit knows of.
#[tokio::test]
async fn no_copy_is_there_of_which_the_audit_knows_nothing() {
    let bench = Bench::signed_in().await;
    let mut whole = 0;
    for polls in 0..12 {
        let folder = bench.folder.path().join(format!("Documents {polls}"));
        std::fs::create_dir(&folder).unwrap();
        let before = bench.desk.check_audit().await.unwrap().report.rows;
        let mut saving = Box::pin(bench.desk.save_audit(folder.clone()));
        for _ in 0..polls {
            let over = poll_fn(|context| Poll::Ready(saving.as_mut().poll(context).is_ready())).await;
            if over {
                break;
            }
            // What was begun comes to its end, and nothing after it is begun.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(saving);
        tokio::time::sleep(Duration::from_millis(20)).await;
        let copies = names(&folder).iter().filter(|name| name.ends_with(".csv")).count();
        let rows = bench.desk.check_audit().await.unwrap().report.rows - before;
        assert!(rows >= copies as i64, "given up after {polls}: {copies} copies, {rows} rows");
        whole += copies;
    }
    assert!(whole > 2, "it came to copies that were given up, and to whole ones: {whole}");
    let (_bench, audit) = bench.audit().await;
    let count = |act: &str| audit.lines().filter(|row| row.contains(&format!("\"{act}\""))).count();
    assert!(count("audit_copy_asked") > count("audit_saved") && count("audit_not_saved") == 0, "{audit}");
}
