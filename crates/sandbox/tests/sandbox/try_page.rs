//! The proof that registering worked: somebody signs in with NHS.net Connect.

use sandbox::world::people;

use crate::browser::{Browser, Page};
use crate::practice::Practice;

/// From `/try` to wherever signing in with NHS.net Connect leads.
async fn sign_in_with_nhs_net(browser: &mut Browser, address: &str) -> Page {
    let page = browser.page("/try").await;
    let page = browser.press(&page, "try", None, &[]).await.page();
    let page = browser.press(&page, "with", Some("nhs_net_connect"), &[]).await.page();
    let typed = [("address", address), ("password", "practice")];
    let page = browser.press(&page, "sign-in", None, &typed).await.page();
    browser.press(&page, "approve", None, &[]).await.page()
}

#[tokio::test]
async fn a_linked_account_signs_in_and_any_other_does_not() {
    let practice = Practice::start().await;
    let sam = people::sam_taylor();
    let mut browser = practice.browser();
    let page = sign_in_with_nhs_net(&mut browser, sam.address.as_str()).await;
    assert_eq!((page.status.as_u16(), page.name()), (502, "problem"), "the gateway is not there");

    practice.start_gateway().await;
    let page = sign_in_with_nhs_net(&mut browser, sam.address.as_str()).await;
    assert_eq!(page.name(), "not-registered");

    practice.gateway.linked.lock().unwrap().insert(sam.address.to_string(), sam.uuid().to_string());
    let page = sign_in_with_nhs_net(&mut browser, sam.address.as_str()).await;
    assert_eq!(page.name(), "try-signed-in");
    let who = page.html.split("<output id=\"who\"").nth(1).unwrap().split("</output>").next().unwrap();
    for told in ["data-uuid=\"999000000101\"", "data-level=\"2\"", "Sam Taylor", "NHS.net Connect", "AAL2"] {
        assert!(who.contains(told), "{told} in {who}");
    }
    let used = browser.page(page.url.as_str()).await;
    assert_eq!(used.status, 400, "an answer is used once");
    let page = sign_in_with_nhs_net(&mut browser, people::siobhan_o_connor().address.as_str()).await;
    assert_eq!(page.name(), "not-registered");
}

#[tokio::test]
async fn a_smartcard_signs_in_there_too_and_cancelling_is_told() {
    let practice = Practice::start().await;
    let mut browser = practice.browser();
    let page = browser.page("/try").await;
    let page = browser.press(&page, "try", None, &[]).await.page();
    let page = browser.press(&page, "user", Some("999000000001"), &[]).await.page();
    assert!(page.has("Owen Pritchard") && page.has("a smartcard") && page.has("data-level=\"3\""));

    let page = browser.page("/try").await;
    let page = browser.press(&page, "try", None, &[]).await.page();
    let at_nhs_net = browser.press(&page, "with", Some("nhs_net_connect"), &[]).await.page();
    let back = browser.press(&at_nhs_net, "cancel", None, &[]).await.page();
    assert_eq!(back.name(), "sign-in", "cancelled there: another way can be chosen here");
    let page = browser.press(&back, "cancel", None, &[]).await.page();
    assert_eq!(page.name(), "try-nobody");
    let page = browser.page("/").await;
    assert!(page.has("Sam Taylor") && page.has("999000000101") && page.has("made-up people"));
    assert_eq!(browser.page("/nowhere").await.status, 404);
}
