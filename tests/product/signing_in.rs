//! Signing in against the practice world's issuer: who may, who may not, and how it ends.

use contract::{Access, EndReason};
use desk::{Cause, Network, NetworkFault, SessionNow, SignInError};
use sandbox::world::ra_users;
use tests::Outcome;
use tests::practice::{AutoBrowser, FileKeys, Practice, open_desk, until};

use crate::journey::at_work;

#[tokio::test(flavor = "multi_thread")]
async fn roles_open_what_they_should() -> Outcome {
    let practice = Practice::start().await?;
    let cases = [
        (ra_users::owen_pritchard(), true, true),
        (ra_users::priya_raman(), true, true),
        (ra_users::tomasz_lukaszewski(), true, true),
        (ra_users::margaret_osei(), true, false),
        (ra_users::callum_drummond(), true, false),
        (ra_users::shazia_mirza(), true, false),
        (ra_users::edward_lascelles(), false, false),
        (ra_users::sian_probert(), false, false),
    ];
    for (number, (who, find, register)) in cases.into_iter().enumerate() {
        let desk = practice.desk(&format!("desk-{number}"), who.uuid().as_str(), None).await?;
        let SessionNow::Confirming { person } = desk.sign_in().await?.session else { panic!("asked who they are") };
        assert_eq!(person.name, who.name());
        assert_eq!((person.may.find, person.may.register), (find, register), "{}", who.user.note);
        if !find {
            assert!(person.roles.iter().all(|role| matches!(role.access, Access::None { .. })));
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_refused_says_so() -> Outcome {
    let practice = Practice::start().await?;
    for (number, who) in [ra_users::kenji_harcourt(), ra_users::beatriz_almeida()].into_iter().enumerate() {
        let desk = practice.desk(&format!("desk-{number}"), who.uuid().as_str(), None).await?;
        let failure = desk.sign_in().await.expect_err("refused");
        let refused = matches!(failure.cause, Cause::SignIn(SignInError::Denied(_) | SignInError::Rejected(_)));
        assert!(refused, "{}: {}", who.user.note, failure.cause);
        assert!(matches!(desk.snapshot().await?.session, SessionNow::SignedOut { .. }), "nobody is signed in");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_at_the_gateway_too() -> Outcome {
    let practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    let snapshot = desk.sign_out().await?;
    assert_eq!(snapshot.session, SessionNow::SignedOut { why: Some(EndReason::SignedOut) });
    assert_eq!(desk.profile(ra_users::priya_raman().uuid().clone()).await.unwrap_err().cause, Cause::SignInNeeded);
    until("the gateway has ended it", || async {
        (practice.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").ok()? == 0).then_some(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_gateway_nobody_signs_in_and_the_reason_is_told() -> Outcome {
    let mut practice = Practice::start().await?;
    practice.cut_gateway().await;
    let desk = practice.desk("desk", ra_users::owen_pritchard().uuid().as_str(), None).await?;
    let failure = desk.sign_in().await.expect_err("no gateway");
    assert_eq!(failure.cause, Cause::SignIn(SignInError::Network(NetworkFault::Refused)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_nobody_trusts_is_told_apart() -> Outcome {
    let practice = Practice::start().await?;
    // Another authority: as when something between desk and gateway opens the connection.
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let folder = practice.layout().dir.clone();
    std::fs::write(folder.join("other-ca.pem"), other.cert.pem())?;
    let settings = std::fs::read_to_string(&practice.layout().desk_settings)?.replace("ca.pem", "other-ca.pem");
    std::fs::write(folder.join("other-desk.toml"), settings)?;
    let browser = AutoBrowser { user: ra_users::owen_pritchard().uuid().to_string(), role: None };
    let keys = FileKeys(practice.data_dir("desk.key"));
    let desk = open_desk(&folder.join("other-desk.toml"), &practice.data_dir("desk"), keys, browser).await?;
    let failure = desk.sign_in().await.expect_err("not trusted");
    assert_eq!(failure.cause, Cause::SignIn(SignInError::Network(NetworkFault::CertificateNotTrusted)));
    assert_ne!(desk.snapshot().await?.network, Network::Online);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_can_be_cancelled() -> Outcome {
    let practice = Practice::start().await?;
    // Nobody on the sign-in page has this UUID, so the browser never comes back.
    let desk = practice.desk("desk", "000000000000", None).await?;
    let waiting = tokio::spawn({
        let desk = desk.clone();
        async move { desk.sign_in().await }
    });
    until("the browser is open", || async {
        (desk.snapshot().await.ok()?.session == SessionNow::SigningIn).then_some(())
    })
    .await?;
    desk.cancel_sign_in();
    let failure = waiting.await?.expect_err("cancelled");
    assert_eq!(failure.cause, Cause::SignIn(SignInError::Cancelled));
    Ok(())
}
