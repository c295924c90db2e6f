//! Every page of the main job in the real window: axe finds nothing, errors are told, nothing secret is in it.

use sandbox::world::people;
use sandbox::world::ra_users::{edward_lascelles, grace_adeyemi, owen_pritchard};
use tests::Outcome;

use crate::setting::{Setting, accessible};

#[tokio::test]
async fn every_page_of_the_main_job_is_accessible() -> Outcome {
    let setting = Setting::new()?;
    let window = setting.open().await?;
    accessible(&window, "sign-in").await?;
    let grace = grace_adeyemi();
    let role = grace.user.roles[0].person_roleid.clone();
    window.click("#primary").await?;
    let page = setting.next_page(0).await?;
    accessible(&window, "sign-in").await?;
    tests::practice::sign_in(&mut Default::default(), &page, grace.uuid().as_str(), Some(&role)).await?;
    accessible(&window, "confirm-identity").await?;
    window.click("#primary").await?;
    accessible(&window, "find").await?;
    window.click("#change-role").await?;
    accessible(&window, "choose-role").await?;
    window.click("#nav-find").await?;
    window.choose("by-details").await?;
    window.enter("#family", "Taylor").await?;
    window.enter("#given", "Sam").await?;
    window.click("#primary").await?;
    accessible(&window, "results").await?;
    let sam = people::lukasz_wisniewski();
    window.click("#nav-find").await?;
    window.choose("by-uuid").await?;
    window.enter("#uuid", sam.uuid().as_str()).await?;
    window.click("#primary").await?;
    accessible(&window, "profile").await?;
    window.click("#primary").await?;
    accessible(&window, "address").await?;
    window.enter("#address", sam.address.as_str()).await?;
    window.click("#primary").await?;
    accessible(&window, "identity").await?;
    window.click("#primary").await?;
    window.see(".nhsuk-error-summary").await?;
    accessible(&window, "identity").await?;
    window.choose("method-in_person").await?;
    window.choose("document-passport").await?;
    window.choose("accepted_by-user").await?;
    window.click("#primary").await?;
    accessible(&window, "check").await?;
    window.click("#primary").await?;
    window.see("[data-page=submission][data-status=waiting_for_them]").await?;
    window.see("img[src^='data:image/svg']").await?;
    accessible(&window, "submission").await?;
    let html = window.driver().source().await?;
    assert!(!html.contains("/link/"), "the user's link stands in the page");
    window.click("#nav-outbox").await?;
    accessible(&window, "outbox").await?;
    for tab in ["drafts", "waiting", "attention", "done"] {
        window.click(&format!("#tab-{tab}")).await?;
        accessible(&window, "outbox").await?;
    }
    window.click("#help").await?;
    accessible(&window, "help").await?;
    window.click("#sign-out").await?;
    accessible(&window, "sign-in").await?;
    window.close().await
}

#[tokio::test]
async fn what_cannot_be_found_and_what_is_wrong_is_told() -> Outcome {
    let mut setting = Setting::new()?;
    let window = setting.open().await?;
    setting.sign_in(&window, &owen_pritchard(), None).await?;
    for (typed, words) in [
        ("55508668910", "12 digits"),
        ("55508668910a", "only the digits"),
        ("５５５０８６６８９１０６", "only the digits"),
        ("", "Enter the Care Identity UUID"),
    ] {
        window.enter("#uuid", typed).await?;
        window.click("#primary").await?;
        window.see(".nhsuk-error-summary").await?;
        let told = tests::practice::until("the words", || async {
            window.text(".nhsuk-error-summary").await.ok().filter(|text| text.contains(words))
        })
        .await;
        assert!(told.is_ok(), "{words}");
        let title = window.driver().title().await?;
        assert!(title.starts_with("Error: "), "{title}");
    }
    accessible(&window, "find").await?;
    window.enter("#uuid", "000000000000").await?;
    window.click("#primary").await?;
    accessible(&window, "none-found").await?;
    window.click("#primary").await?;
    window.see("[data-page=find]").await?;
    let kept = window.see("#uuid").await?.value().await?.unwrap_or_default();
    assert_eq!(kept, "000000000000", "going back keeps the search");
    setting.world.cut_gateway()?;
    window.click("#primary").await?;
    let offline = accessible(&window, "offline").await;
    setting.world.start_gateway()?;
    offline?;
    window.click("#primary").await?;
    accessible(&window, "none-found").await?;
    window.close().await
}

#[tokio::test]
async fn somebody_without_a_role_here_is_told_why() -> Outcome {
    let setting = Setting::new()?;
    let window = setting.open().await?;
    setting.sign_in(&window, &edward_lascelles(), None).await?;
    accessible(&window, "no-access").await?;
    window.close().await
}
