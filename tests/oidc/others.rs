//! Modules that other plans of the suite have, and those of back-channel logout.

use contract::{EndReason, FaultCode};
use desk::{Cause, SignInError};
use sandbox::world::ra_users::owen_pritchard;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tests::Outcome;

use crate::basic::{claim, signed_by};
use crate::hostile::{CLIENT, Manners, PERSON, Who, now, say};
use crate::signing::{Signer, look_into};
use crate::stand::{Stand, client};
use crate::table::Group;
use crate::{bad, own};

/// The group of other plans.
pub const GROUP: Group = Group {
    title: "OpenID Connect, of other plans",
    modules: &[
        bad!("oidcc-client-test-missing-aud", "the token does not say aud", Audience, claim("aud", Value::Null)),
        bad!(
            "oidcc-client-test-invalid-sig-es256",
            "the token is not signed with RS256",
            Signature,
            signed_by(Signer::Es256)
        ),
        bad!(
            "oidcc-client-test-invalid-sig-hs256",
            "the token is not signed with RS256",
            Signature,
            signed_by(Signer::PublicKeyAsSecret)
        ),
        own!(
            "oidcc-client-test-invalid-athash",
            "gateway, which alone holds the access token",
            "refused: *at_hash does not belong to the access token*, before it is used",
            invalid_at_hash
        ),
        own!(
            "oidcc-client-test-missing-athash",
            "gateway, which alone holds the access token",
            "refused: *at_hash does not belong to the access token*, before it is used",
            missing_at_hash
        ),
        own!(
            "oidcc-client-test-userinfo-signed",
            "gateway, which asks for JSON",
            "refused: *userinfo: an answer that is not understood*",
            signed_userinfo
        ),
    ],
};

/// The group of logout.
pub const LOGOUT: Group = Group {
    title: "OpenID Connect, back-channel logout",
    modules: &[
        own!(
            "logout at the issuer, begun by the person",
            "desk",
            "the browser is sent to the issuer's page with `id_token_hint` and `client_id`; one without TLS is not opened",
            rp_initiated
        ),
        own!("back-channel logout", "gateway, desk", "the session ends, and the desk is told at its next call", logout),
        own!("back-channel logout: alg none", "gateway", "refused: `INVALID_REQUEST`; the session goes on", alg_none),
        own!("back-channel logout: wrong alg", "gateway", "refused; the session goes on", wrong_alg),
        own!("back-channel logout: wrong signature", "gateway", "refused; the session goes on", wrong_signature),
        own!("back-channel logout: no event", "gateway", "refused; the session goes on", no_event),
        own!("back-channel logout: wrong event", "gateway", "refused; the session goes on", wrong_event),
        own!("back-channel logout: wrong aud", "gateway", "refused; the session goes on", wrong_aud),
        own!("back-channel logout: wrong issuer", "gateway", "refused; the session goes on", wrong_issuer),
        own!("back-channel logout: with nonce", "gateway", "refused; the session goes on", with_nonce),
        own!("back-channel logout: neither sub nor sid", "gateway", "refused; the session goes on", of_nobody),
        own!("back-channel logout: made long ago", "gateway", "refused; the session goes on", old),
        own!("back-channel logout: shown twice", "gateway", "the second is refused", twice),
        own!("back-channel logout: another type (typ)", "gateway", "refused; the session goes on", another_type),
        own!("back-channel logout: an ID token", "gateway", "refused; the session goes on", id_token_as_logout),
    ],
};

async fn invalid_at_hash() -> Outcome {
    at_hash("AAAAAAAAAAAAAAAAAAAAAA".into()).await
}

async fn missing_at_hash() -> Outcome {
    at_hash(Value::Null).await
}

async fn at_hash(value: Value) -> Outcome {
    let stand = Stand::with(claim("at_hash", value)).await?;
    let cause = stand.sign_in().await.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Denied("SIGN_IN_REFUSED".into())));
    assert_eq!(stand.between.last_fault()?.1, "at_hash does not belong to the access token");
    assert_eq!(stand.issuer.count(Who::Gateway, "/userinfo"), 0, "it may be somebody else's");
    stand.nobody().await
}

async fn signed_userinfo() -> Outcome {
    let jwt: Arc<dyn Fn(&mut Value) + Send + Sync> = Arc::new(|info| *info = json!("header.claims.signature"));
    let stand = Stand::with(Manners { info: jwt, ..Manners::default() }).await?;
    assert!(stand.sign_in().await.is_err());
    let (code, words) = stand.between.last_fault()?;
    assert_eq!((code, words.as_str()), (FaultCode::IssuerUnavailable, "userinfo: an answer that is not understood"));
    stand.nobody().await
}

async fn rp_initiated() -> Outcome {
    for opens in [true, false] {
        let stand = Stand::start().await?;
        let page = if opens { format!("{}/end", stand.issuer.url()) } else { "http://issuer.example/end".to_owned() };
        stand.issuer.behave(Manners { document: say("end_session_endpoint", page.clone()), ..Manners::default() });
        stand.at_work().await?;
        let before = stand.opened().len();
        stand.desk.sign_out().await?;
        stand.desk.until_gateway_is_told(Duration::from_secs(20)).await;
        assert_eq!(stand.open_sessions()?, 0);
        // The page is opened beside that.
        for _ in 0..100 {
            if stand.opened().len() > before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let opened = stand.opened();
        assert_eq!(opened.len() > before, opens, "{page}");
        if let Some(url) = opened.get(before) {
            assert!(url.as_str().starts_with(&page));
            let said: HashMap<String, String> = url.query_pairs().into_owned().collect();
            let (_, claims) = look_into(&said["id_token_hint"])?;
            assert_eq!((claims["sub"].as_str(), said["client_id"].as_str()), (Some(PERSON), CLIENT));
        }
    }
    Ok(())
}

/// Shows the gateway a logout token and gives the status.
async fn shown(stand: &Stand, token: &str) -> Outcome<(u16, String)> {
    let url = format!("{}/backchannel-logout", stand.between.url());
    let reply = client()?.post(url).form(&[("logout_token", token)]).send().await?;
    Ok((reply.status().as_u16(), reply.text().await?))
}

/// Whether whoever is at work can go on.
async fn goes_on(stand: &Stand) -> Result<(), Cause> {
    let profile = stand.desk.profile(owen_pritchard().uuid().clone()).await;
    profile.map(drop).map_err(|failure| failure.cause)
}

async fn logout() -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    goes_on(&stand).await?;
    let token = stand.issuer.logout_token(Signer::Issuer, |_| {})?;
    assert_eq!(shown(&stand, &token).await?.0, 200);
    assert_eq!(stand.open_sessions()?, 0);
    assert_eq!(goes_on(&stand).await, Err(Cause::SessionEnded(EndReason::EndedElsewhere)));
    Ok(())
}

/// A logout token that is not to be believed ends nothing.
async fn refused(signer: Signer, change: impl FnOnce(&mut Value)) -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    let token = stand.issuer.logout_token(signer, change)?;
    let (status, reply) = shown(&stand, &token).await?;
    assert_eq!((status, crate::between::fault_of(&reply)?.0), (400, FaultCode::InvalidRequest));
    assert_eq!(stand.open_sessions()?, 1);
    Ok(goes_on(&stand).await?)
}

async fn alg_none() -> Outcome {
    refused(Signer::Nobody, |_| {}).await
}

async fn wrong_alg() -> Outcome {
    refused(Signer::PublicKeyAsSecret, |_| {}).await?;
    refused(Signer::Rsa("RS512"), |_| {}).await
}

async fn wrong_signature() -> Outcome {
    refused(Signer::Foreign, |_| {}).await
}

async fn no_event() -> Outcome {
    refused(Signer::Issuer, |claims| claims["events"] = json!({})).await
}

async fn wrong_event() -> Outcome {
    refused(Signer::Issuer, |claims| claims["events"] = json!({ "https://another.example/event": {} })).await
}

async fn wrong_aud() -> Outcome {
    refused(Signer::Issuer, |claims| claims["aud"] = "another.client".into()).await
}

async fn wrong_issuer() -> Outcome {
    refused(Signer::Issuer, |claims| claims["iss"] = "https://another.example/op".into()).await
}

async fn with_nonce() -> Outcome {
    refused(Signer::Issuer, |claims| claims["nonce"] = "a-nonce".into()).await
}

async fn of_nobody() -> Outcome {
    refused(Signer::Issuer, |claims| {
        claims["sub"] = Value::Null;
        claims["sid"] = Value::Null;
    })
    .await
}

async fn old() -> Outcome {
    refused(Signer::Issuer, |claims| claims["iat"] = (now() - 4_000).into()).await
}

async fn twice() -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    let token = stand.issuer.logout_token(Signer::Issuer, |_| {})?;
    assert_eq!(shown(&stand, &token).await?.0, 200);
    let (status, reply) = shown(&stand, &token).await?;
    assert_eq!((status, crate::between::fault_of(&reply)?.0), (400, FaultCode::InvalidRequest));
    Ok(())
}

/// Right in every claim, signed by the issuer, and an access token by its own word.
async fn another_type() -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    for kind in ["at+jwt", "application/at+jwt", "dpop+jwt"] {
        let token = stand.issuer.logout_token_of_type(Signer::Issuer, kind, |_| {})?;
        let (status, reply) = shown(&stand, &token).await?;
        assert_eq!((status, crate::between::fault_of(&reply)?.0), (400, FaultCode::InvalidRequest));
    }
    assert_eq!(stand.open_sessions()?, 1);
    Ok(goes_on(&stand).await?)
}

async fn id_token_as_logout() -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    let token = stand.issuer.again().id_token(&Manners::default())?;
    let (status, _) = shown(&stand, &token).await?;
    assert_eq!(status, 400);
    Ok(goes_on(&stand).await?)
}
