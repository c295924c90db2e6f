//! What the gateway refuses, how it reaches the RA user, and what they can do.

use contract::RefusalCode;
use desk::{NextStep, Status};
use sandbox::world::people;
use tests::Outcome;
use tests::practice::Practice;

use crate::journey::{answer, at_work, record, registrations_of, until_status};

#[tokio::test(flavor = "multi_thread")]
async fn each_refused_address_says_why_and_what_next() -> Outcome {
    let practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    let cases = [
        (people::bethan_parry(), RefusalCode::AddressInactive),
        (people::rhys_cadwallader(), RefusalCode::AddressInactive),
        (people::colin_ramsbottom(), RefusalCode::AddressSharedMailbox),
        (people::jan_van_der_meer(), RefusalCode::AddressUnknown),
        (people::fiona_macdougall(), RefusalCode::AddressInUse),
    ];
    for (person, code) in cases {
        let submission = record(&desk, person.uuid(), person.address.as_str()).await?;
        let refused = until_status(&desk, submission.key, Status::NeedsAttention).await?;
        let attention = refused.attention.expect("it says why");
        assert_eq!(attention.code, code);
        assert_eq!(attention.next, NextStep::CorrectAddress, "{code}");
        assert_eq!(registrations_of(&practice, person.uuid())?, 0, "{code}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_one_holds_up_nobody_and_its_correction_replaces_it() -> Outcome {
    let practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    let (jan, sam) = (people::jan_van_der_meer(), people::sam_taylor());
    let wrong = record(&desk, jan.uuid(), jan.address.as_str()).await?;
    let right = record(&desk, sam.uuid(), sam.address.as_str()).await?;
    until_status(&desk, wrong.key, Status::NeedsAttention).await?;
    until_status(&desk, right.key, Status::WaitingForThem).await?;

    let draft = desk.correct(wrong.key).await?;
    assert_eq!(draft.corrects, Some(wrong.key));
    // Another account of the made-up world that nobody has registered.
    let account = people::chidinma_nwosu().address;
    let draft = answer(&desk, draft, account.as_str()).await?;
    let corrected = desk.record(draft.id).await?;
    assert_eq!(corrected.replaces, Some(wrong.key));
    until_status(&desk, corrected.key, Status::WaitingForThem).await?;
    assert_eq!(desk.submission(wrong.key).await?.replaced_by, Some(corrected.key));
    assert_eq!(registrations_of(&practice, jan.uuid())?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_that_cannot_be_registered_are_told_before_anything_is_typed() -> Outcome {
    let practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    for (person, code) in [
        (people::derek_featherstone(), RefusalCode::ProfileClosed),
        (people::amina_yusuf(), RefusalCode::ProfileUnverified),
        (people::victor_pemberton(), RefusalCode::ProfileRestricted),
    ] {
        let read = desk.profile(person.uuid().clone()).await?;
        assert_eq!(read.refusal, Some(code));
        assert!(desk.start_draft(person.uuid().clone()).await.is_err(), "{code}");
    }
    Ok(())
}
