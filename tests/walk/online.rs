//! The main job with the network: from the sign-in to the user's own sign-in.

use sandbox::world::people::{SpecialPerson, sam_taylor, siobhan_o_connor};
use sandbox::world::ra_users::grace_adeyemi;
use tests::Outcome;
use tests::window::Window;

use crate::report::Report;
use crate::stage::Stage;

/// The organisation the RA user works for in the walk: one of eight they have a role at.
pub const ORGANISATION: &str = "B81991";

/// Signs in as an RA Agent with roles at eight organisations, choosing one, and looks for somebody by name.
pub async fn sign_in(stage: &mut Stage, report: &mut Report) -> Outcome {
    stage.desk()?.see("[data-page=sign-in]").await?;
    report.saw("RA Desk is open, nobody is signed in", stage.desk()?).await?;
    through_the_issuer(stage, Some(report)).await?;
    let desk = stage.desk()?;
    report.saw("RA Desk asks whether it is them", desk).await?;
    desk.click("#primary").await?;
    desk.see("[data-page=find]").await?;
    report.saw("signed in, ready to find somebody", desk).await?;
    desk.click("#change-role").await?;
    desk.see("[data-page=choose-role]").await?;
    report.saw("the roles that open RA Desk, and those that do not", desk).await?;
    desk.click("#nav-find").await?;
    desk.see("[data-page=find]").await?;
    Ok(())
}

/// Presses the button, signs in at the issuer, and waits for *You are NAME*.
pub async fn through_the_issuer(stage: &mut Stage, mut report: Option<&mut Report>) -> Outcome {
    let grace = grace_adeyemi();
    let role = grace.role_at(ORGANISATION).ok_or("the RA user has no role at that organisation")?.to_owned();
    stage.desk()?.click("#primary").await?;
    stage.follow_to_browser().await?;
    let person = format!("button[name=user][value='{}']", grace.uuid());
    stage.browser.see(&person).await?;
    if let Some(report) = report.as_deref_mut() {
        report.saw("the issuer asks who is signing in", &stage.browser).await?;
    }
    stage.browser.click(&person).await?;
    let role = format!("button[name=role][value='{role}']");
    stage.browser.see(&role).await?;
    if let Some(report) = report.as_deref_mut() {
        report.saw("the issuer asks for the role", &stage.browser).await?;
    }
    stage.browser.click(&role).await?;
    stage.desk()?.see("[data-page=confirm-identity]").await?;
    stage.remember_the_code().await?;
    if let Some(report) = report {
        report.saw("the browser sends them back to RA Desk", &stage.browser).await?;
    }
    Ok(())
}

/// Finds somebody without an authenticator by name and registers their account.
pub async fn register(stage: &mut Stage, report: &mut Report) -> Outcome {
    let sam = sam_taylor();
    let desk = stage.desk()?;
    desk.choose("by-details").await?;
    desk.enter("#family", sam.person.profile.name.family.as_str()).await?;
    desk.enter("#given", sam.person.profile.name.given.as_str()).await?;
    desk.click("#primary").await?;
    desk.see("[data-page=results]").await?;
    report.saw("who was found", desk).await?;
    desk.click(&format!("#person-{}", sam.uuid())).await?;
    desk.see("[data-page=profile]").await?;
    report.saw("a profile without an authenticator", desk).await?;
    desk.click("#primary").await?;
    to_the_check(desk, &sam, Some(report)).await?;
    desk.click("#primary").await?;
    desk.see("[data-page=submission][data-status=waiting_for_them]").await?;
    // The code is drawn a moment after the page.
    desk.see("[data-page=submission] img[src^='data:image/svg']").await?;
    report.saw("registered, waiting for them to finish", desk).await?;
    let registered = stage.world.count(&registrations_of(&sam))?;
    report.checked("the gateway has one registration", registered == 1, || format!("it has {registered}"))
}

/// From the address page to *Check your answers*.
pub async fn to_the_check(desk: &Window, person: &SpecialPerson, mut report: Option<&mut Report>) -> Outcome {
    desk.see("[data-page=address]").await?;
    desk.enter("#address", person.address.as_str()).await?;
    if let Some(report) = report.as_deref_mut() {
        report.saw("the address to register", desk).await?;
    }
    desk.click("#primary").await?;
    desk.see("[data-page=identity]").await?;
    desk.choose("method-in_person").await?;
    desk.choose("document-passport").await?;
    desk.choose("accepted_by-user").await?;
    if let Some(report) = report.as_deref_mut() {
        report.saw("how the person was checked", desk).await?;
    }
    desk.click("#primary").await?;
    desk.see("[data-page=check]").await?;
    if let Some(report) = report {
        report.saw("check the answers before sending", desk).await?;
    }
    Ok(())
}

/// Opens the user's link and signs in with somebody else's account: refused, and seen by the RA user.
pub async fn wrong_account(stage: &mut Stage, report: &mut Report) -> Outcome {
    let link = copied_link(stage).await?;
    let browser = &stage.browser;
    browser.goto(&link).await?;
    browser.see("button[name=continue]").await?;
    report.saw("the page behind the user's link", browser).await?;
    sign_in_to_nhs_net(browser, siobhan_o_connor().address.as_str()).await?;
    browser.see("[data-result=wrong_account]").await?;
    report.saw("another account signs in and is refused", browser).await?;
    let linked = stage.world.count("SELECT count(*) FROM registrations WHERE state = 'linked'")?;
    report.checked("nothing is linked by the wrong account", linked == 0, || format!("{linked} are"))?;
    let desk = stage.desk()?;
    desk.see("#wrong-account").await?;
    report.saw("RA Desk tells of the wrong account", desk).await
}

/// Opens the link again and signs in with the registered account.
pub async fn link(stage: &mut Stage, report: &mut Report) -> Outcome {
    let link = copied_link(stage).await?;
    let browser = &stage.browser;
    browser.goto(&link).await?;
    sign_in_to_nhs_net(browser, sam_taylor().address.as_str()).await?;
    browser.see("[data-result=linked]").await?;
    report.saw("the registered account signs in and is linked", browser).await?;
    let desk = stage.desk()?;
    desk.see("[data-page=submission][data-status=linked]").await?;
    report.saw("RA Desk says linked", desk).await?;
    browser.goto(&link).await?;
    browser.see("[data-result=already_linked]").await?;
    report.saw("a link that was used says so", browser).await
}

/// The person who was registered signs in with NHS.net Connect: the proof that it worked.
pub async fn proof(stage: &mut Stage, report: &mut Report) -> Outcome {
    let sam = sam_taylor();
    let browser = &stage.browser;
    browser.goto(&format!("{}/try", stage.world.sandbox_url())).await?;
    browser.click("button[name=try]").await?;
    browser.click("button[name=with][value=nhs_net_connect]").await?;
    sign_in_on_page(browser, sam.address.as_str()).await?;
    browser.see("#who").await?;
    report.saw("they sign in with NHS.net Connect", browser).await?;
    let who = browser.text("#who").await?;
    let right = who.contains(&sam.person.profile.name.short()) && browser.text("body").await?.contains("AAL2");
    report.checked("it is them, at AAL2", right, || "the page names somebody else, or another level".to_owned())
}

/// Signs out.
pub async fn sign_out(stage: &mut Stage, report: &mut Report) -> Outcome {
    let desk = stage.desk()?;
    desk.click("#sign-out").await?;
    desk.see("[data-page=sign-in]").await?;
    report.saw("signed out", desk).await
}

/// How many registrations a person has at the gateway.
pub fn registrations_of(person: &SpecialPerson) -> String {
    format!("SELECT count(*) FROM registrations WHERE uuid = '{}'", person.uuid())
}

/// Presses *Copy link* and reads the clipboard, as somebody does who pastes it into a message.
async fn copied_link(stage: &Stage) -> Outcome<String> {
    stage.desk()?.click("#copy-link").await?;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let text = arboard::Clipboard::new().and_then(|mut clipboard| clipboard.get_text());
        if let Ok(text) = text
            && text.contains("/link/")
        {
            return Ok(text);
        }
        if std::time::Instant::now() > deadline {
            return Err("the clipboard holds no link".into());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// From the link's page through the sign-in at NHS.net Connect.
async fn sign_in_to_nhs_net(browser: &Window, address: &str) -> Outcome {
    browser.click("button[name=continue]").await?;
    sign_in_on_page(browser, address).await
}

async fn sign_in_on_page(browser: &Window, address: &str) -> Outcome {
    browser.enter("input[name=address]", address).await?;
    browser.enter("input[name=password]", "made-up password").await?;
    browser.click("button[name=sign-in]").await?;
    browser.click("button[name=approve]").await
}
