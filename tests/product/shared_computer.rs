//! Two people, one computer, and one browser that keeps its cookies: the first one's session at the issuer never signs
//! in the second as the first.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use desk::{Browser, BrowserError, Cause, Check, Desk, SessionNow, SignInError};
use sandbox::world::ra_users::{self, SpecialRaUser};
use tests::Outcome;
use tests::form_browser::FormBrowser;
use tests::practice::{FileKeys, Practice, open_desk, until};

/// A browser with one jar for whoever sits in front of it.
#[derive(Clone, Default)]
struct Shared {
    browser: Arc<tokio::sync::Mutex<FormBrowser>>,
    /// Who sits there.
    who: Arc<Mutex<String>>,
    /// Whether the issuer's answer is what it gives to those who do not ask it to ask.
    asks_to_be_asked: Arc<Mutex<bool>>,
    /// What it was shown last: whether somebody was asked who they are.
    was_asked: Arc<Mutex<Option<bool>>>,
}

fn set<T>(place: &Mutex<T>, value: T) {
    *place.lock().unwrap_or_else(PoisonError::into_inner) = value;
}

fn get<T: Clone>(place: &Mutex<T>) -> T {
    place.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Browser for Shared {
    fn open(&self, url: &str) -> Result<(), BrowserError> {
        let (here, mut url) = (self.clone(), url::Url::parse(url).map_err(|_| BrowserError)?);
        if !get(&self.asks_to_be_asked) {
            let mut kept: Vec<(String, String)> = url.query_pairs().into_owned().collect();
            kept.retain(|(name, _)| name != "prompt" && name != "max_age");
            url.query_pairs_mut().clear().extend_pairs(kept);
        }
        tokio::spawn(async move {
            let (mut browser, who) = (here.browser.lock().await, get(&here.who));
            let Ok(page) = browser.goto(url.as_str()).await else { return };
            set(&here.was_asked, Some(page.has_button("user")));
            if page.has_button("user") {
                // What goes wrong in the browser is seen by the desk, which waits for it.
                let _ = browser.press(&page, ("user", Some(&who)), &[]).await;
            }
        });
        Ok(())
    }
}

impl Shared {
    async fn sits_down(&self, desk: &Desk, who: &SpecialRaUser) -> Outcome<SessionNow> {
        set(&self.who, who.uuid().to_string());
        set(&self.was_asked, None);
        Ok(desk.sign_in().await?.session)
    }
}

async fn desk(practice: &Practice, browser: &Shared) -> Outcome<Desk> {
    let keys = FileKeys(practice.data_dir("desk.key"));
    Ok(open_desk(&practice.layout().desk_settings, &practice.data_dir("desk"), keys, browser.clone()).await?)
}

fn named(session: &SessionNow, who: &SpecialRaUser) -> bool {
    matches!(session, SessionNow::Confirming { person } if person.name == who.name() && person.uuid == *who.uuid())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_person_is_asked_who_they_are_and_shown_their_own_name() -> Outcome {
    let (practice, browser) = (Practice::start().await?, Shared::default());
    set(&browser.asks_to_be_asked, true);
    let (owen, priya) = (ra_users::owen_pritchard(), ra_users::priya_raman());
    let desk = desk(&practice, &browser).await?;
    let session = browser.sits_down(&desk, &owen).await?;
    assert!(named(&session, &owen), "{session:?}");
    desk.confirm_identity().await?;
    // Owen leaves without a word; Priya comes while everything of his is still there.
    let session = browser.sits_down(&desk, &priya).await?;
    assert_eq!(get(&browser.was_asked), Some(true), "though the jar holds Owen's session");
    assert!(named(&session, &priya), "{session:?}");
    let open = || practice.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL");
    until("Owen's session at the gateway is over", || async { (open().ok()? == 1).then_some(()) }).await?;

    // Whoever signs out leaves nothing at the issuer either.
    desk.sign_out().await?;
    desk.until_gateway_is_told(Duration::from_secs(5)).await;
    let sessions = format!("{}/sessions", practice.layout().issuer_url);
    until("Priya's session at the issuer is over", || async {
        let page = FormBrowser::default().goto(&sessions).await.ok()?;
        (!page.html.contains(&priya.name())).then_some(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_answers_with_the_session_before_signs_nobody_in() -> Outcome {
    let (practice, browser) = (Practice::start().await?, Shared::default());
    let (owen, priya) = (ra_users::owen_pritchard(), ra_users::priya_raman());
    let desk = desk(&practice, &browser).await?;
    assert!(named(&browser.sits_down(&desk, &owen).await?, &owen));
    desk.confirm_identity().await?;
    // Longer than the issuer's clock and this one's may differ in what they call a second.
    tokio::time::sleep(Duration::from_secs(17)).await;
    set(&browser.who, priya.uuid().to_string());
    let cause = desk.sign_in().await.expect_err("it is Owen's session").cause;
    assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::AuthTime)));
    assert_eq!(get(&browser.was_asked), Some(false), "the jar's session was answered with, as the test wants it");
    until("nothing of that is left at the gateway", || async {
        (practice.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").ok()? == 1).then_some(())
    })
    .await
}
