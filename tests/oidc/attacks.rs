//! Attacks beyond the suites: on codes, tokens, keys and names (RFC 9700, RFC 9207, RFC 8725).

use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::FaultCode;
use desk::{Cause, Check, NetworkFault, SignInError};
use http::header;
use sandbox::world::ra_users::owen_pritchard;
use serde_json::{Value, json};
use tests::Outcome;

use crate::basic::{claim, signed_by, signs_in};
use crate::between::fault_of;
use crate::config::the_gateway_cannot_ask;
use crate::hostile::{CLIENT, Hostile, KID, Manners, Who, now, say};
use crate::signing::{FOREIGN, ISSUERS, NEXT, Signer};
use crate::stand::{Stand, client, sent_back, shared, visit};
use crate::table::Group;
use crate::{bad, own};

/// The group.
pub const GROUP: Group = Group {
    title: "Attacks: codes, tokens, keys and names",
    modules: &[
        own!(
            "mix-up of two issuers",
            "desk",
            "refused: *the answer came from another issuer*; the code is shown to nobody",
            mix_up
        ),
        own!(
            "a stolen code put into one's own sign-in",
            "gateway, issuer",
            "refused: *invalid_grant*, for the verifier is another's",
            stolen_code
        ),
        own!(
            "a stolen code at an issuer that does not look at PKCE",
            "gateway, desk",
            "refused: *the ID token's nonce is not the one of this sign-in*",
            stolen_code_without_pkce
        ),
        own!(
            "PKCE downgrade",
            "desk",
            "S256 is sent to an issuer that offers `plain` alone, and to one that says nothing",
            pkce_downgrade
        ),
        bad!(
            "RS256 and HS256 confused",
            "the token is not signed with RS256",
            Signature,
            signed_by(Signer::PublicKeyAsSecret)
        ),
        own!(
            "kid as a path, an address or SQL",
            "gateway",
            "refused: *the token is not signed by the issuer*; nothing else is asked for",
            kid_injection
        ),
        own!(
            "keys that the token brings along (jku, x5u, jwk)",
            "gateway, desk",
            "refused: *the token is not signed by the issuer*; nobody is asked for them",
            own_keys
        ),
        bad!(
            "a key of somebody else under the issuer's key's name",
            "the token is not signed by the issuer",
            Signature,
            signed_by(Signer::Foreign)
        ),
        own!("two keys of one name", "gateway, desk", "nobody else's key is let in by it", duplicate_kid),
        own!(
            "a huge set of keys",
            "gateway, desk",
            "refused: *not our server*, *an answer that is not understood*; read no further than 1 MB, 2 MB",
            huge_keys
        ),
        bad!(
            "a private key that is published",
            "the token is not signed by the issuer",
            Signature,
            Manners { keys: published_private_key(), ..Manners::default() }
        ),
        bad!(
            "a shared secret among the keys",
            "the token is not signed with RS256",
            Signature,
            Manners { keys: a_secret_among_the_keys(), ..signed_by(Signer::PublicKeyAsSecret) }
        ),
        own!(
            "a storm of unknown keys",
            "gateway",
            "each refused; the issuer is asked for its keys at most every five seconds",
            key_storm
        ),
        bad!("a token that is not valid yet", "the ID token is not valid yet", IssuedAt, claim("nbf", now() + 600)),
        bad!("iat far ahead", "the ID token was not made just now", IssuedAt, claim("iat", now() + 86_400)),
        bad!("iat long ago", "the ID token was not made just now", IssuedAt, claim("iat", now() - 7_200)),
        bad!(
            "another audience, and no azp",
            "the ID token is for others as well",
            Audience,
            Manners {
                claims: Arc::new(|claims| {
                    claims["aud"] = json!([CLIENT, "another.client"]);
                    claims["azp"] = Value::Null;
                }),
                ..Manners::default()
            }
        ),
        bad!(
            "azp of somebody else",
            "the ID token was given to somebody else",
            Audience,
            claim("azp", "another.client")
        ),
        own!(
            "a nonce used again",
            "gateway, desk",
            "an ID token of an earlier sign-in is refused by both",
            nonce_used_again
        ),
        own!(
            "two people in one userinfo",
            "gateway",
            "refused: *userinfo has another Care Identity UUID than its subject*",
            two_people
        ),
        own!("a refresh token used again", "gateway", "refused; no token is given for it", refresh_used_again),
        own!(
            "tokens of the issuer at the gateway's door",
            "gateway",
            "refused: `SIGN_IN_NEEDED`, for an ID token as for an access token",
            wrong_tokens
        ),
        own!(
            "an issuer's name with a slash more, without its port, or in letters that look alike",
            "gateway, desk",
            "refused: *the issuer's document names another issuer*, *the ID token names another issuer*",
            names_that_look_alike
        ),
        own!("an endpoint without TLS", "gateway, desk", "refused before anything is sent there", without_tls),
        own!(
            "a token answer that is no JSON, is cut, or is huge",
            "gateway",
            "refused: *an answer that is not understood*",
            odd_answers
        ),
        own!(
            "a token type that nobody knows",
            "gateway",
            "refused: *the issuer's access token is of a type that is not understood*; it is not used",
            unknown_type
        ),
        own!(
            "clocks that differ",
            "gateway",
            "a minute is borne; two minutes ahead and seven behind are refused",
            clocks
        ),
    ],
};

type Bend = Arc<dyn Fn(&mut Value) + Send + Sync>;

fn published_private_key() -> Bend {
    Arc::new(|keys| keys["keys"][0]["d"] = "AQAB".into())
}

fn a_secret_among_the_keys() -> Bend {
    Arc::new(|keys| keys["keys"] = json!([ISSUERS.jwk(KID), { "kty": "oct", "kid": KID, "k": "c2VjcmV0" }]))
}

async fn refused_by_the_gateway(stand: &Stand, reason: &str) -> Outcome {
    let cause = stand.sign_in().await.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Denied("SIGN_IN_REFUSED".into())));
    assert_eq!(stand.between.last_fault()?, (FaultCode::SignInRefused, reason.to_owned()));
    assert_eq!(stand.issuer.count(Who::Gateway, "/userinfo"), 0, "a bad token is not used");
    stand.nobody().await
}

async fn mix_up() -> Outcome {
    let (stand, other) = (Stand::start().await?, Hostile::start(shared()?.tls())?);
    let begun = stand.begin().await?;
    // The person signs in at the attacker's, who asks the honest one in their name and passes its code on.
    let mut elsewhere: url::Url = format!("{}/authorize", other.url()).parse()?;
    elsewhere.set_query(begun.url.query());
    let back = sent_back(&elsewhere).await?;
    assert_eq!(visit(&back).await?.status, 200, "the state is right");
    let cause = begun.end().await?.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::ResponseIssuer)));
    assert!(stand.between.calls_to("/oauth2/token").is_empty(), "the code is shown to nobody");
    assert_eq!((stand.issuer.calls("/token").len(), other.calls("/token").len()), (0, 0));
    stand.nobody().await
}

/// The code of one sign-in in the answer to another, whose state is right.
async fn with_a_stolen_code(stand: &Stand) -> Outcome<Cause> {
    let victim = stand.begin().await?;
    let stolen = sent_back(&victim.url).await?;
    victim.given_up().await?.expect_err("the victim gave up");
    let own = stand.begin().await?;
    let mut back = sent_back(&own.url).await?;
    let code = stolen.query_pairs().find(|(name, _)| name == "code").ok_or("a code")?.1.into_owned();
    let pairs: Vec<(String, String)> = back.query_pairs().into_owned().collect();
    back.query_pairs_mut().clear().extend_pairs(
        pairs.into_iter().map(|(name, value)| if name == "code" { (name, code.clone()) } else { (name, value) }),
    );
    assert_eq!(visit(&back).await?.status, 200);
    Ok(own.end().await?.expect_err("refused"))
}

async fn stolen_code() -> Outcome {
    let stand = Stand::start().await?;
    assert_eq!(with_a_stolen_code(&stand).await?, Cause::SignIn(SignInError::Denied("SIGN_IN_REFUSED".into())));
    assert_eq!(stand.between.last_fault()?.1, "the code: answered 400 invalid_grant");
    stand.nobody().await
}

async fn stolen_code_without_pkce() -> Outcome {
    let stand = Stand::with(Manners { checks_pkce: false, ..Manners::default() }).await?;
    assert_eq!(with_a_stolen_code(&stand).await?, Cause::SignIn(SignInError::Denied("SIGN_IN_REFUSED".into())));
    assert_eq!(stand.between.last_fault()?.1, "the ID token's nonce is not the one of this sign-in");
    assert_eq!(stand.issuer.count(Who::Gateway, "/userinfo"), 0);
    stand.nobody().await
}

async fn pkce_downgrade() -> Outcome {
    for offered in [json!(["plain"]), json!([]), Value::Null] {
        let document = say("code_challenge_methods_supported", offered);
        let stand = Stand::with(Manners { document, checks_pkce: false, ..Manners::default() }).await?;
        stand.sign_in().await?;
        let asked = stand.asked()?;
        assert_eq!(asked["code_challenge_method"], "S256");
        let verifier = &stand.issuer.calls("/token")[0].form["code_verifier"];
        assert_ne!(*verifier, asked["code_challenge"]);
        assert_eq!(crate::signing::challenge(verifier), asked["code_challenge"]);
    }
    Ok(())
}

async fn kid_injection() -> Outcome {
    for kid in ["../../../../etc/passwd", "https://another.example/keys", "x' UNION SELECT 1 --", "", "\u{0}"] {
        let manners = Manners { header: say("kid", kid), signer: Signer::Foreign, ..Manners::default() };
        let stand = Stand::with(manners).await?;
        refused_by_the_gateway(&stand, "the token is not signed by the issuer").await?;
        only_the_endpoints(&stand);
    }
    Ok(())
}

/// The issuer was asked for what its document names, and for nothing else.
fn only_the_endpoints(stand: &Stand) {
    let known = ["/.well-known/openid-configuration", "/keys", "/authorize", "/token", "/userinfo"];
    let odd: Vec<String> = stand.issuer.all_calls().into_iter().map(|call| call.path).collect();
    assert!(odd.iter().all(|path| known.contains(&path.as_str())), "{odd:?}");
}

async fn own_keys() -> Outcome {
    let stand = Stand::start().await?;
    let evil = format!("{}/evil", stand.issuer.url());
    let header: Bend = Arc::new(move |header| {
        *header = json!({
            "alg": "RS256", "typ": "JWT", "kid": "evil", "jku": evil, "x5u": evil, "jwk": FOREIGN.jwk("evil"),
        });
    });
    let manners = Manners { header, signer: Signer::Foreign, ..Manners::default() };
    stand.issuer.behave(manners.clone());
    refused_by_the_gateway(&stand, "the token is not signed by the issuer").await?;
    only_the_endpoints(&stand);

    let stand = Stand::start().await?;
    stand.is_given_instead(manners);
    let cause = stand.sign_in().await.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::Signature)));
    only_the_endpoints(&stand);
    Ok(())
}

async fn duplicate_kid() -> Outcome {
    let twice: Bend = Arc::new(|keys| keys["keys"] = json!([NEXT.jwk(KID), ISSUERS.jwk(KID)]));
    let stand = Stand::with(Manners { keys: twice.clone(), ..signed_by(Signer::Foreign) }).await?;
    refused_by_the_gateway(&stand, "the token is not signed by the issuer").await?;
    // The desk does not guess which of them is meant.
    let stand = Stand::with(Manners { keys: twice, ..Manners::default() }).await?;
    let cause = stand.sign_in().await.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::Signature)));
    Ok(())
}

async fn huge_keys() -> Outcome {
    let huge = |bytes: usize| Manners { keys: say("padding", "x".repeat(bytes)), ..Manners::default() };
    let stand = Stand::with(huge(3_000_000)).await?;
    let cause = stand.sign_in().await.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Network(NetworkFault::NotOurServer)));
    stand.nobody().await?;
    let stand = Stand::start().await?;
    the_gateway_cannot_ask(&stand, huge(1_500_000), "the issuer's keys: an answer that is not understood").await
}

async fn key_storm() -> Outcome {
    let (stand, started) = (Stand::start().await?, Instant::now());
    for round in 0..8 {
        let header: Bend = Arc::new(move |header| header["kid"] = format!("unknown-{round}").into());
        stand.issuer.behave(Manners { header, signer: Signer::Foreign, ..Manners::default() });
        assert!(stand.sign_in().await.is_err());
    }
    let asked = stand.issuer.count(Who::Gateway, "/keys");
    let most = 2 + started.elapsed().as_secs() / 5;
    assert!(u64::try_from(asked)? <= most, "asked {asked} times, not {most}");
    stand.nobody().await
}

async fn nonce_used_again() -> Outcome {
    let stand = Stand::start().await?;
    stand.sign_in().await?;
    let old = stand.issuer.again().id_token(&Manners::default())?;
    let sessions = stand.count("SELECT count(*) FROM sessions")?;
    stand.issuer.behave(Manners { reply: say("id_token", old.clone()), ..Manners::default() });
    assert!(stand.sign_in().await.is_err());
    assert_eq!(stand.between.last_fault()?.1, "the ID token's nonce is not the one of this sign-in");
    assert_eq!(stand.count("SELECT count(*) FROM sessions")?, sessions);

    stand.issuer.behave(Manners::default());
    stand.between.lie(move |path, reply| {
        if path == "/oauth2/token" {
            reply["id_token"] = old.clone().into();
        }
    });
    let cause = stand.sign_in().await.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::Nonce)));
    Ok(())
}

async fn two_people() -> Outcome {
    let stand = Stand::with(Manners { info: say("nhsid_useruid", "555100000002"), ..Manners::default() }).await?;
    assert!(stand.sign_in().await.is_err());
    assert_eq!(stand.between.last_fault()?.1, "userinfo has another Care Identity UUID than its subject");
    stand.nobody().await
}

async fn refresh_used_again() -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    for _ in 0..2 {
        stand.clock.pass(Duration::from_secs(10 * 60));
        stand.desk.touch().await?;
        stand.desk.profile(owen_pritchard().uuid().clone()).await?;
    }
    let first = stand.between.calls_to("/oauth2/token").into_iter().find(|said| said.body.contains("=refresh_token"));
    let first = first.ok_or("it was refreshed")?;
    let mut again = client()?.post(format!("{}/oauth2/token", stand.between.url()));
    for (name, value) in first.headers.iter().filter(|(name, _)| ![header::HOST, header::CONTENT_LENGTH].contains(name))
    {
        again = again.header(name, value);
    }
    let reply = again.body(first.body).send().await?;
    let status = reply.status();
    let text = reply.text().await?;
    assert!((400..500).contains(&status.as_u16()), "{status}");
    assert!(!text.contains("access_token"), "no token is given");
    fault_of(&text).map(drop)
}

async fn wrong_tokens() -> Outcome {
    let stand = Stand::start().await?;
    stand.sign_in().await?;
    let id_token = stand.issuer.again().id_token(&Manners::default())?;
    for token in [id_token, stand.issuer.last_access_token()?] {
        let reply = client()?.get(format!("{}/v1/session", stand.between.url())).bearer_auth(token).send().await?;
        assert_eq!(reply.status(), 401);
        assert_eq!(fault_of(&reply.text().await?)?.0, FaultCode::SignInNeeded);
    }
    Ok(())
}

async fn names_that_look_alike() -> Outcome {
    let stand = Stand::start().await?;
    let url = stand.issuer.url().to_owned();
    let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()).ok_or("a port")?.to_owned();
    let names = [
        format!("{url}/"),
        url.replace(&format!(":{port}"), ""),
        url.replace("https", "http"),
        url.replace("localhost", "LOCALHOST"),
        // A Cyrillic о.
        url.replace("localhost", "l\u{43e}calhost"),
    ];
    for name in names {
        stand.issuer.behave(Manners { document: say("issuer", name.clone()), ..Manners::default() });
        let cause = stand.sign_in().await.expect_err("refused");
        assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::IssuerDocument)), "{name}");
        stand.issuer.behave(claim("iss", name.clone()));
        refused_by_the_gateway(&stand, "the ID token is from another issuer").await?;
        let other = Stand::start().await?;
        let name =
            name.replace(&port, other.issuer.url().rsplit(':').next().unwrap_or_default().trim_end_matches("/op"));
        other.is_given_instead(claim("iss", name.clone()));
        let cause = other.sign_in().await.expect_err("refused");
        assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::Issuer)), "{name}");
    }
    Ok(())
}

async fn without_tls() -> Outcome {
    for endpoint in ["authorization_endpoint", "jwks_uri"] {
        let document = say(endpoint, "http://issuer.example/op");
        let stand = Stand::with(Manners { document, ..Manners::default() }).await?;
        let cause = stand.sign_in().await.expect_err("refused");
        assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::IssuerDocumentShape)), "{endpoint}");
        assert!(stand.opened().is_empty(), "no browser is opened");
        stand.nobody().await?;
    }
    for endpoint in ["token_endpoint", "userinfo_endpoint", "revocation_endpoint"] {
        let stand = Stand::start().await?;
        let manners = Manners { document: say(endpoint, "http://issuer.example/op"), ..Manners::default() };
        the_gateway_cannot_ask(&stand, manners, "the issuer names an endpoint that is not https").await?;
        assert!(stand.issuer.calls("/token").is_empty());
    }
    Ok(())
}

async fn odd_answers() -> Outcome {
    let huge = format!("{{\"padding\":\"{}\"}}", "x".repeat(1_500_000)).into_bytes();
    for (kind, body) in [
        ("text/html", b"<h1>Welcome to our network</h1>".to_vec()),
        ("application/json", b"{\"access_token\":\"x\",\"id_tok".to_vec()),
        ("application/json", b"[]".to_vec()),
        ("application/json", huge),
    ] {
        let stand = Stand::with(Manners { instead: Some((kind, Arc::new(body))), ..Manners::default() }).await?;
        assert!(stand.sign_in().await.is_err());
        let (code, words) = stand.between.last_fault()?;
        assert_eq!(
            (code, words.as_str()),
            (FaultCode::IssuerUnavailable, "the code: an answer that is not understood")
        );
        stand.nobody().await?;
    }
    Ok(())
}

async fn unknown_type() -> Outcome {
    let stand = Stand::with(Manners { reply: say("token_type", "mac"), ..Manners::default() }).await?;
    refused_by_the_gateway(&stand, "the issuer's access token is of a type that is not understood").await
}

async fn clocks() -> Outcome {
    let skewed = |clock| Manners { clock, ..Manners::default() };
    for borne in [-50, 50] {
        signs_in(&Stand::with(skewed(borne)).await?).await?;
    }
    refused_by_the_gateway(&Stand::with(skewed(120)).await?, "the ID token was not made just now").await?;
    refused_by_the_gateway(&Stand::with(skewed(-420)).await?, "the sign-in was not in the last five minutes").await
}
