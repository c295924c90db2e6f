//! `fapi2-security-profile-final-client-test`: the 22 modules that are left without JARM and open banking.

use std::time::Duration;

use desk::{Cause, Check, SessionNow, SignInError};
use http::{Method, header};
use sandbox::world::ra_users::owen_pritchard;
use serde_json::{Value, json};
use tests::Outcome;

use crate::basic::{claim, other_issuer, signed_by, signs_in};
use crate::config::{issuer_mismatch, refreshes};
use crate::hostile::{CLIENT, Manners, Who, say};
use crate::signing::{Signer, challenge};
use crate::stand::{Stand, client, sent_back, visit};
use crate::table::Group;
use crate::{bad, own};

/// The group.
pub const GROUP: Group = Group {
    title: "FAPI 2.0 Security Profile",
    modules: &[
        own!(
            "fapi2-security-profile-final-client-test-happy-path",
            "gateway, desk",
            "code flow with PKCE S256, state and nonce of one sign-in each",
            happy_path
        ),
        own!(
            "fapi2-security-profile-final-client-test-happy-path-no-dpop-nonce",
            "desk towards the gateway, which is where tokens are refreshed",
            "sign-in, calls and refresh with a server that gives no DPoP nonce",
            no_dpop_nonce
        ),
        own!(
            "fapi2-security-profile-final-client-test-discovery-issuer-mismatch",
            "gateway, desk",
            "refused by both, as in the Config plan",
            issuer_mismatch
        ),
        own!(
            "fapi2-security-profile-final-client-test-invalid-authorization-response-iss",
            "desk",
            "refused: *the answer came from another issuer*; the code is shown to nobody",
            response_of_another_issuer
        ),
        own!(
            "fapi2-security-profile-final-client-test-remove-authorization-response-iss",
            "desk",
            "refused: *the answer came from another issuer*; the code is shown to nobody",
            response_of_no_issuer
        ),
        own!(
            "fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails",
            "desk",
            "the listener answers 400 and goes on waiting; given up: *the sign-in was cancelled*",
            wrong_state
        ),
        own!(
            "fapi2-security-profile-final-client-test-ensure-authorization-response-with-missing-state-fails",
            "desk",
            "the listener answers 400 and goes on waiting; given up: *the sign-in was cancelled*",
            no_state
        ),
        bad!(
            "fapi2-security-profile-final-client-test-invalid-iss",
            "the ID token is from another issuer",
            Issuer,
            other_issuer()
        ),
        bad!(
            "fapi2-security-profile-final-client-test-invalid-missing-iss",
            "the token does not say iss",
            IdToken,
            claim("iss", Value::Null)
        ),
        bad!(
            "fapi2-security-profile-final-client-test-invalid-aud",
            "the ID token is for somebody else",
            Audience,
            claim("aud", json!(["another.client"]))
        ),
        bad!(
            "fapi2-security-profile-final-client-test-invalid-missing-aud",
            "the token does not say aud",
            Audience,
            claim("aud", Value::Null)
        ),
        bad!(
            "fapi2-security-profile-final-client-test-invalid-secondary-aud",
            "the ID token is for others as well",
            Audience,
            claim("aud", json!([CLIENT, "https://other1.example.com"]))
        ),
        own!(
            "fapi2-security-profile-final-client-test-valid-aud-as-array",
            "gateway, desk",
            "somebody is signed in",
            aud_as_array
        ),
        bad!(
            "fapi2-security-profile-final-client-test-invalid-expired-exp",
            "the ID token has expired",
            Expired,
            claim("exp", crate::hostile::now() - 300)
        ),
        bad!(
            "fapi2-security-profile-final-client-test-invalid-missing-exp",
            "the token does not say exp",
            IdToken,
            claim("exp", Value::Null)
        ),
        bad!(
            "fapi2-security-profile-final-client-test-invalid-nonce",
            "the ID token's nonce is not the one of this sign-in",
            Nonce,
            claim("nonce", "another")
        ),
        bad!(
            "fapi2-security-profile-final-client-test-invalid-missing-nonce",
            "the ID token's nonce is not the one of this sign-in",
            Nonce,
            claim("nonce", Value::Null)
        ),
        bad!(
            "fapi2-security-profile-final-client-test-invalid-null-alg",
            "the token is not a signed token",
            Signature,
            signed_by(Signer::Nobody)
        ),
        bad!(
            "fapi2-security-profile-final-client-test-invalid-alternate-alg",
            "the token is not signed with RS256",
            Signature,
            signed_by(Signer::Rsa("PS256"))
        ),
        own!(
            "fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in",
            "gateway",
            "somebody is signed in",
            no_expires_in
        ),
        own!(
            "fapi2-security-profile-final-client-test-token-type-case-insensitivity",
            "gateway, desk",
            "somebody is signed in, whichever way the type is written",
            token_type
        ),
        own!(
            "fapi2-security-profile-final-client-test-rs-dpop-auth-scheme-case-insensitivity",
            "gateway, which is the resource server",
            "a call is answered, whichever way its scheme is written",
            scheme
        ),
    ],
};

async fn happy_path() -> Outcome {
    let stand = Stand::start().await?;
    signs_in(&stand).await?;
    let first = stand.asked()?;
    stand.sign_in().await?;
    let second = stand.asked()?;
    for asked in [&first, &second] {
        assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", CLIENT));
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(!asked.contains_key("response_mode") || asked["response_mode"] == "query");
        for name in ["state", "nonce", "code_challenge"] {
            assert!(asked[name].len() >= 22, "{name} cannot be guessed");
        }
    }
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(first[name], second[name], "{name} is of one sign-in");
    }
    let call = stand.issuer.calls("/token").remove(0);
    assert_eq!(challenge(&call.form["code_verifier"]), first["code_challenge"]);
    assert_eq!(call.form["redirect_uri"], first["redirect_uri"]);
    Ok(())
}

async fn no_dpop_nonce() -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    stand.clock.pass(Duration::from_secs(10 * 60));
    stand.desk.profile(owen_pritchard().uuid().clone()).await?;
    assert_eq!(refreshes(&stand), 1);
    assert!(stand.between.calls().iter().all(|said| !said.reply_headers.contains_key("dpop-nonce")));
    Ok(())
}

async fn response_of_another_issuer() -> Outcome {
    response_with("https://another.example/op".into()).await
}

async fn response_of_no_issuer() -> Outcome {
    response_with(Value::Null).await
}

async fn response_with(iss: Value) -> Outcome {
    let stand = Stand::with(Manners { answer: say("iss", iss), ..Manners::default() }).await?;
    let cause = stand.sign_in().await.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::ResponseIssuer)));
    assert!(stand.between.calls_to("/oauth2/token").is_empty(), "the code is shown to nobody");
    stand.nobody().await
}

async fn wrong_state() -> Outcome {
    state_is("another".into()).await
}

async fn no_state() -> Outcome {
    state_is(Value::Null).await
}

async fn state_is(state: Value) -> Outcome {
    let stand = Stand::with(Manners { answer: say("state", state), ..Manners::default() }).await?;
    let begun = stand.begin().await?;
    let page = visit(&sent_back(&begun.url).await?).await?;
    assert_eq!(page.status, 400);
    assert!(begun.waits(), "whoever really signs in is still waited for");
    assert!(stand.between.calls_to("/oauth2/token").is_empty(), "the code is shown to nobody");
    assert_eq!(begun.given_up().await?.expect_err("given up"), Cause::SignIn(SignInError::Cancelled));
    stand.nobody().await
}

async fn aud_as_array() -> Outcome {
    signs_in(&Stand::with(claim("aud", json!([CLIENT]))).await?).await
}

async fn no_expires_in() -> Outcome {
    signs_in(&Stand::with(Manners { reply: say("expires_in", Value::Null), ..Manners::default() }).await?).await
}

async fn token_type() -> Outcome {
    for written in ["bearer", "BEARER", "bEaReR"] {
        let stand = Stand::with(Manners { reply: say("token_type", written), ..Manners::default() }).await?;
        stand.between.lie(|path, reply| {
            if path == "/oauth2/token" {
                reply["token_type"] = reply["token_type"].as_str().unwrap_or_default().to_lowercase().into();
            }
        });
        signs_in(&stand).await?;
    }
    Ok(())
}

async fn scheme() -> Outcome {
    let stand = Stand::start().await?;
    let SessionNow::Confirming { .. } = stand.sign_in().await?.session else { panic!("asked who they are") };
    let said = stand.between.calls_to("/v1/session").pop().ok_or("the desk asked who it is")?;
    let authorization = said.headers[header::AUTHORIZATION].to_str()?.to_owned();
    let (scheme, token) = authorization.split_once(' ').ok_or("a scheme and a token")?;
    for scheme in [scheme.to_lowercase(), scheme.to_uppercase()] {
        let url = format!("{}/v1/session", stand.between.url());
        let request = client()?.request(Method::GET, url).header(header::AUTHORIZATION, format!("{scheme} {token}"));
        assert_eq!(request.send().await?.status(), 200, "{scheme}");
    }
    assert_eq!(stand.issuer.count(Who::Other, "/userinfo"), 0);
    Ok(())
}
