//! `oidcc-client-config-certification-test-plan`, six modules, and the three of the plan for refresh tokens.

use contract::FaultCode;
use desk::{Cause, Check, Network, NetworkFault, SessionNow, SignInError};
use sandbox::world::ra_users::owen_pritchard;
use serde_json::{Value, json};
use std::time::Duration;
use tests::Outcome;

use crate::basic::signed_by;
use crate::hostile::{Hostile, Manners, PERSON, Who, next_keys, say};
use crate::signing::Signer;
use crate::stand::{Stand, sent_back, shared, visit};
use crate::table::Group;
use crate::{bad, own};

/// The group of discovery and keys.
pub const CONFIG: Group = Group {
    title: "OpenID Connect, Config RP",
    modules: &[
        own!("oidcc-client-test-discovery-openid-config", "gateway, desk", "both read it, and follow it", discovery),
        own!("oidcc-client-test-discovery-jwks-uri-keys", "gateway, desk", "both take the keys from there", keys),
        own!(
            "oidcc-client-test-discovery-issuer-mismatch",
            "gateway, desk",
            "refused by the desk: *the issuer's document names another issuer*, before a browser is opened; by the \
             gateway: *the issuer calls itself by another name*, before the code is shown to anybody",
            issuer_mismatch
        ),
        bad!(
            "oidcc-client-test-idtoken-sig-none (config)",
            "the token is not a signed token",
            Signature,
            signed_by(Signer::Nobody)
        ),
        own!(
            "oidcc-client-test-signing-key-rotation-just-before-signing",
            "gateway, desk",
            "somebody is signed in: both ask for the keys again",
            rotation_just_before
        ),
        own!(
            "oidcc-client-test-signing-key-rotation",
            "gateway, desk",
            "somebody is signed in: both ask for the keys again",
            rotation
        ),
    ],
};

/// The group of refresh.
pub const REFRESH: Group = Group {
    title: "OpenID Connect, refresh",
    modules: &[
        own!(
            "oidcc-client-test-refresh-token",
            "desk; the gateway is whom it refreshes at, and asks the issuer for nothing",
            "work goes on after ten minutes; the issuer's refresh token is not kept",
            refresh
        ),
        own!(
            "oidcc-client-test-refresh-token-invalid-issuer",
            "desk",
            "refused: *not our server*; whoever is signed in stays who they are",
            refresh_of_another_issuer
        ),
        own!(
            "oidcc-client-test-refresh-token-invalid-sub",
            "desk",
            "refused: *not our server*; whoever is signed in stays who they are",
            refresh_of_somebody_else
        ),
    ],
};

const DOCUMENT: &str = "/.well-known/openid-configuration";

async fn discovery() -> Outcome {
    // A way to sign in that nobody could guess.
    let stand = Stand::start().await?;
    let elsewhere = format!("{}/tenant-7/authorize", stand.issuer.url());
    stand.issuer.behave(Manners { document: say("authorization_endpoint", elsewhere), ..Manners::default() });
    stand.sign_in().await?;
    assert_eq!((stand.issuer.count(Who::Desk, DOCUMENT), stand.issuer.count(Who::Gateway, DOCUMENT)), (1, 1));
    assert!(stand.opened()[0].path().ends_with("/tenant-7/authorize"));
    Ok(())
}

async fn keys() -> Outcome {
    let stand = Stand::start().await?;
    stand.sign_in().await?;
    assert_eq!((stand.issuer.count(Who::Desk, "/keys"), stand.issuer.count(Who::Gateway, "/keys")), (1, 1));
    Ok(())
}

/// Another name in the issuer's own document: seen by the desk first, and by the gateway where only it sees it.
pub async fn issuer_mismatch() -> Outcome {
    let bad = || Manners { document: say("issuer", "https://another.example/op"), ..Manners::default() };
    let stand = Stand::with(bad()).await?;
    let cause = stand.sign_in().await.expect_err("the desk refuses");
    assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::IssuerDocument)));
    assert!(stand.opened().is_empty(), "no browser is opened");
    stand.nobody().await?;

    let stand = Stand::start().await?;
    the_gateway_cannot_ask(&stand, bad(), "the issuer calls itself by another name").await
}

/// The issuer is as it should be while the desk looks, and is not when the gateway does.
pub async fn the_gateway_cannot_ask(stand: &Stand, manners: Manners, reason: &str) -> Outcome {
    let begun = stand.begin().await?;
    let back = sent_back(&begun.url).await?;
    stand.issuer.behave(manners);
    visit(&back).await?;
    let cause = begun.end().await?.expect_err("the gateway refuses");
    assert_eq!(cause, Cause::SignIn(SignInError::Network(NetworkFault::Busy)));
    assert_eq!(stand.between.last_fault()?, (FaultCode::IssuerUnavailable, reason.to_owned()));
    assert_eq!(stand.issuer.count(Who::Gateway, "/userinfo"), 0);
    stand.nobody().await
}

/// The issuer with its next key.
fn rotated() -> Manners {
    Manners { keys: say("keys", next_keys()), header: say("kid", "two"), signer: Signer::Next, ..Manners::default() }
}

async fn rotation() -> Outcome {
    let stand = Stand::start().await?;
    stand.sign_in().await?;
    // The gateway knows the first keys, and asks again after a pause.
    stand.clock.pass(Duration::from_secs(6));
    stand.issuer.behave(rotated());
    let session = stand.sign_in().await?.session;
    assert!(matches!(session, SessionNow::Confirming { .. }));
    assert_eq!(stand.issuer.count(Who::Gateway, "/keys"), 2);
    Ok(())
}

async fn rotation_just_before() -> Outcome {
    let stand = Stand::start().await?;
    stand.sign_in().await?;
    stand.clock.pass(Duration::from_secs(6));
    let begun = stand.begin().await?;
    let read = stand.issuer.count(Who::Desk, "/keys");
    stand.issuer.behave(rotated());
    visit(&sent_back(&begun.url).await?).await?;
    let session = begun.end().await??.session;
    assert!(matches!(session, SessionNow::Confirming { .. }));
    assert_eq!(stand.issuer.count(Who::Desk, "/keys"), read + 1, "the desk looks once more");
    Ok(())
}

/// How often the desk asked for tokens by a refresh token.
pub fn refreshes(stand: &Stand) -> usize {
    let tokens = stand.between.calls_to("/oauth2/token");
    tokens.iter().filter(|said| said.body.contains("grant_type=refresh_token")).count()
}

async fn refresh() -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    stand.clock.pass(Duration::from_secs(10 * 60));
    stand.desk.profile(owen_pritchard().uuid().clone()).await?;
    assert_eq!(refreshes(&stand), 1);
    stand.desk.profile(owen_pritchard().uuid().clone()).await?;
    assert_eq!(refreshes(&stand), 1, "the new one is used");
    assert_eq!(stand.issuer.count(Who::Gateway, "/token"), 1, "the issuer is not asked");
    assert!(!stand.asked()?["scope"].contains("offline_access"), "nor for a refresh token");
    stand.nothing_is_kept()
}

async fn refresh_of_another_issuer() -> Outcome {
    let other = Hostile::start(shared()?.tls())?.url().to_owned();
    refresh_with("iss", other.into()).await
}

async fn refresh_of_somebody_else() -> Outcome {
    refresh_with("sub", json!("555100000002")).await
}

async fn refresh_with(claim: &'static str, value: Value) -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    let manners = Manners { claims: say(claim, value), ..Manners::default() };
    let token = stand.issuer.again().id_token(&manners)?;
    stand.between.lie(move |path, reply| {
        if path == "/oauth2/token" {
            reply["id_token"] = token.clone().into();
        }
    });
    stand.clock.pass(Duration::from_secs(10 * 60));
    let cause = stand.desk.profile(owen_pritchard().uuid().clone()).await.expect_err("refused").cause;
    assert_eq!(cause, Cause::Network(NetworkFault::NotOurServer));
    assert!(refreshes(&stand) >= 1);
    let (given, calls) = (stand.between.calls_to("/oauth2/token"), stand.between.calls());
    for said in given.iter().filter(|said| said.body.contains("grant_type=refresh_token")) {
        let reply: Value = serde_json::from_str(&said.reply)?;
        let bearer = format!("Bearer {}", reply["access_token"].as_str().ok_or("a token")?);
        let used = calls.iter().any(|said| said.headers.get("authorization").is_some_and(|value| *value == *bearer));
        assert!(!used, "the new token is not used");
    }
    let snapshot = stand.desk.snapshot().await?;
    let SessionNow::SignedIn { person, .. } = snapshot.session else { panic!("they are at work still") };
    assert_eq!(person.uuid.as_str(), PERSON, "whoever signed in, and nobody else");
    assert_eq!(snapshot.network, Network::Offline { why: NetworkFault::NotOurServer });
    stand.nothing_is_kept()
}
