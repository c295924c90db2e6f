//! `oidcc-client-basic-certification-test-plan`: the fourteen modules of the code flow.

use std::sync::Arc;
use std::time::Duration;

use desk::{Cause, Check, SessionNow, SignInError};
use serde_json::{Value, json};
use tests::Outcome;

use crate::hostile::{KID, Manners, PERSON, ROLE, Who, next_keys, say};
use crate::signing::{ISSUERS, Signer, look_into};
use crate::stand::{Stand, sent_back, visit};
use crate::table::Group;
use crate::{bad, own};

/// The group.
pub const GROUP: Group = Group {
    title: "OpenID Connect, Basic RP",
    modules: &[
        own!("oidcc-client-test", "gateway, desk", "somebody is signed in", happy),
        bad!("oidcc-client-test-invalid-iss", "the ID token is from another issuer", Issuer, other_issuer()),
        bad!("oidcc-client-test-missing-sub", "the token does not say sub", IdToken, claim("sub", Value::Null)),
        bad!(
            "oidcc-client-test-invalid-aud",
            "the ID token is for somebody else",
            Audience,
            claim("aud", "another.client")
        ),
        bad!("oidcc-client-test-missing-iat", "the token does not say iat", IdToken, claim("iat", Value::Null)),
        own!(
            "oidcc-client-test-kid-absent-single-jwks",
            "gateway, desk",
            "somebody is signed in: the only key is meant",
            kid_absent_one_key
        ),
        bad!(
            "oidcc-client-test-kid-absent-multiple-jwks",
            "the token does not say which of the keys signed it",
            Signature,
            Manners { keys: two_keys(), ..without_kid() }
        ),
        own!("oidcc-client-test-idtoken-sig-rs256", "gateway, desk", "somebody is signed in", happy),
        bad!(
            "oidcc-client-test-idtoken-sig-none",
            "the token is not a signed token",
            Signature,
            signed_by(Signer::Nobody)
        ),
        bad!(
            "oidcc-client-test-invalid-sig-rs256",
            "the token is not signed by the issuer",
            Signature,
            signed_by(Signer::Broken)
        ),
        own!(
            "oidcc-client-test-userinfo-invalid-sub",
            "gateway; desk: who the gateway says it is",
            "refused by the gateway: *userinfo is about somebody else than the ID token*; by the desk: *the gateway \
             names another person*, and the session at the gateway is ended",
            userinfo_of_somebody_else
        ),
        bad!(
            "oidcc-client-test-nonce-invalid",
            "the ID token's nonce is not the one of this sign-in",
            Nonce,
            claim("nonce", "another")
        ),
        own!(
            "oidcc-client-test-scope-userinfo-claims",
            "gateway",
            "name, organisation and roles come from userinfo, asked for by scope",
            scopes_and_userinfo
        ),
        own!(
            "oidcc-client-test-client-secret-basic",
            "gateway, as NHS CIS2 Authentication has it",
            "the gateway shows itself with `private_key_jwt` (RS512, `kid`, `jti`, at most five minutes, for the token \
             endpoint alone), and no secret is sent",
            shows_itself
        ),
    ],
};

/// An issuer that says something else in one claim; null takes it away.
pub fn claim(name: &'static str, value: impl Into<Value>) -> Manners {
    Manners { claims: say(name, value), ..Manners::default() }
}

/// An issuer whose token somebody else has signed.
pub fn signed_by(signer: Signer) -> Manners {
    Manners { signer, ..Manners::default() }
}

/// An issuer that names another one.
pub fn other_issuer() -> Manners {
    claim("iss", "https://another.example/op")
}

fn without_kid() -> Manners {
    Manners { header: say("kid", Value::Null), ..Manners::default() }
}

/// Two keys, so that one has to be named.
fn two_keys() -> Arc<dyn Fn(&mut Value) + Send + Sync> {
    Arc::new(|keys| keys["keys"] = json!([ISSUERS.jwk(KID), next_keys()[0]]))
}

/// Everybody is honest, and somebody is signed in.
async fn happy() -> Outcome {
    signs_in(&Stand::start().await?).await
}

/// Somebody signs in, and nothing but what they need is used for it.
pub async fn signs_in(stand: &Stand) -> Outcome {
    let SessionNow::Confirming { person } = stand.sign_in().await?.session else { panic!("asked who they are") };
    assert_eq!((person.uuid.as_str(), person.name.as_str()), (PERSON, "Robin Agent"));
    assert_eq!(stand.open_sessions()?, 1);
    assert_eq!(stand.issuer.count(Who::Gateway, "/token"), 1, "the code is changed once");
    assert_eq!(stand.issuer.count(Who::Gateway, "/userinfo"), 1);
    assert_eq!(stand.issuer.count(Who::Desk, "/token"), 0, "by the gateway alone");
    stand.nothing_is_kept()
}

async fn kid_absent_one_key() -> Outcome {
    signs_in(&Stand::with(without_kid()).await?).await
}

/// Userinfo is about somebody else: towards the gateway, and from the gateway towards the desk.
pub async fn userinfo_of_somebody_else() -> Outcome {
    let stand = Stand::with(Manners { info: say("sub", "555100000002"), ..Manners::default() }).await?;
    let cause = stand.sign_in().await.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Denied("SIGN_IN_REFUSED".into())));
    assert_eq!(stand.between.last_fault()?.1, "userinfo is about somebody else than the ID token");
    stand.nobody().await?;

    let stand = Stand::start().await?;
    stand.between.lie(|path, reply| {
        if path == "/v1/session" {
            reply["user"]["uuid"] = "555100000002".into();
        }
    });
    let cause = stand.sign_in().await.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::Subject)));
    stand.desk.until_gateway_is_told(Duration::from_secs(20)).await;
    assert_eq!(stand.open_sessions()?, 0, "what was got under another name is ended");
    stand.nothing_is_kept()
}

async fn scopes_and_userinfo() -> Outcome {
    let stand = Stand::start().await?;
    let SessionNow::Confirming { person } = stand.sign_in().await?.session else { panic!("asked who they are") };
    let role = person.role.ok_or("a role")?.role;
    assert_eq!((role.id.as_str(), role.organisation.name.as_str()), (ROLE, "A practice"));
    assert_eq!(person.name, "Robin Agent");
    let asked = stand.asked()?;
    assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
    let call = stand.issuer.calls("/userinfo").pop().ok_or("userinfo was asked for")?;
    let token = stand.issuer.last_access_token()?;
    assert_eq!(call.authorization, Some(format!("Bearer {token}")), "in the header");
    assert!(call.query.is_empty(), "and nowhere else");
    Ok(())
}

async fn shows_itself() -> Outcome {
    let stand = Stand::start().await?;
    let begun = stand.begin().await?;
    visit(&sent_back(&begun.url).await?).await?;
    begun.end().await??;
    stand.sign_in().await?;
    let calls = stand.issuer.calls("/token");
    let mut jtis = Vec::new();
    for call in &calls {
        assert_eq!((call.who, call.authorization.as_ref()), (Who::Gateway, None), "no secret in a header");
        assert!(!call.form.contains_key("client_secret"), "nor in the form");
        let (header, claims) = look_into(&call.form["client_assertion"])?;
        assert_eq!(header["alg"], "RS512");
        assert!(header["kid"].as_str().is_some_and(|kid| !kid.is_empty()));
        assert_eq!(claims["aud"], format!("{}/token", stand.issuer.url()));
        assert_eq!((&claims["iss"], &claims["sub"]), (&claims["sub"], &json!(crate::hostile::CLIENT)));
        let life = claims["exp"].as_i64().unwrap_or_default() - claims["iat"].as_i64().unwrap_or_default();
        assert!((1..=300).contains(&life), "{life}");
        jtis.push(claims["jti"].as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(jtis.len(), 2);
    assert_ne!(jtis[0], jtis[1], "a jti is used once");
    Ok(())
}
