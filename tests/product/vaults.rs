//! What one RA user recorded, as a colleague on the same computer finds it, and as somebody does who copied the file and
//! the key store's key.

use desk::{Cause, OutboxTab, Status};
use rusqlite::types::Value;
use sandbox::world::people;
use sandbox::world::ra_users::{isaac_thornbury, owen_pritchard};
use tests::practice::{FileKeys, Practice};
use tests::{Outcome, scan};

use crate::journey::{at_work_as, fill_in, shut, until_status};

/// All that stands in the store, as whoever has it and its key reads it.
fn all_that_stands_in(practice: &Practice, name: &str) -> Outcome<String> {
    let keys = FileKeys(practice.data_dir(&format!("{name}.key")));
    let mut all = String::new();
    for value in scan::values(&keys.open_store(&practice.data_dir(name))?)? {
        let bytes = match value {
            Value::Text(text) => text.into_bytes(),
            Value::Blob(bytes) => bytes,
            _ => continue,
        };
        all.push_str(&String::from_utf8_lossy(&bytes));
        all.push('\n');
    }
    Ok(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_ra_users_work_is_sealed_from_a_colleague_and_from_a_copy_of_file_and_key() -> Outcome {
    let mut practice = Practice::start().await?;
    let (sam, zoe) = (people::sam_taylor(), people::zoe_ashworth_okafor());
    let desk = at_work_as(&practice, "desk", &owen_pritchard(), None).await?;
    let first = fill_in(&desk, sam.uuid(), sam.address.as_str()).await?;
    let half_done = fill_in(&desk, zoe.uuid(), zoe.address.as_str()).await?;
    practice.cut_gateway().await;
    let recorded = desk.record(first.id).await?;
    shut(desk).await;

    let stands = all_that_stands_in(&practice, "desk")?;
    assert!(stands.contains(owen_pritchard().uuid().as_str()), "it is the store");
    for whom in [&sam, &zoe] {
        let name = &whom.person.profile.name;
        for personal in [name.family.as_str(), name.given.as_str(), whom.address.as_str()] {
            assert!(!stands.contains(personal), "somebody's name or address stands in the clear");
        }
    }
    practice.start_gateway().await?;
    let desk = at_work_as(&practice, "desk", &isaac_thornbury(), None).await?;
    let page = desk.outbox(OutboxTab::Ready).await?;
    assert_eq!((page.submissions.len(), page.counts.other_people), (0, 1), "counted, and no more");
    assert_eq!(desk.draft(half_done.id).await.expect_err("not theirs").cause, Cause::NotFound);
    assert_eq!(desk.submission(recorded.key).await.expect_err("not theirs").cause, Cause::NotFound);
    shut(desk).await;

    let desk = at_work_as(&practice, "desk", &owen_pritchard(), None).await?;
    assert_eq!(desk.draft(half_done.id).await?.profile, half_done.profile);
    desk.confirm_recorded().await?;
    until_status(&desk, recorded.key, Status::WaitingForThem).await?;
    shut(desk).await;
    let stands = all_that_stands_in(&practice, "desk")?;
    assert!(!stands.contains("/link/") && !stands.contains(sam.address.as_str()), "nor what the gateway answered");
    Ok(())
}
