//! Attacks on a session's refresh token, which is bound to a key in RA Desk's memory (DPoP, RFC 9449).

use std::time::Duration;

use contract::{EndReason, FaultCode, HEADER_PROOF, prove};
use desk::Cause;
use ed25519_dalek::SigningKey;
use http::{HeaderMap, header};
use sandbox::world::ra_users::owen_pritchard;
use serde_json::Value;
use tests::Outcome;

use crate::between::{Said, fault_of};
use crate::hostile::now;
use crate::own;
use crate::signing::fresh;
use crate::stand::{Stand, client};
use crate::table::Group;

/// The group.
pub const GROUP: Group = Group {
    title: "Attacks: the key of a session (DPoP)",
    modules: &[
        own!("DPoP: no proof", "gateway", "refused: `PROOF_REFUSED`; the session goes on", no_proof),
        own!(
            "DPoP: a proof shown twice (jti)",
            "gateway",
            "refused: `PROOF_REFUSED`; the session goes on",
            shown_twice
        ),
        own!("DPoP: two proofs", "gateway", "refused: `PROOF_REFUSED`; the session goes on", two_proofs),
        own!(
            "DPoP: for another method (htm)",
            "gateway",
            "refused: `PROOF_REFUSED`; the session goes on",
            other_method
        ),
        own!(
            "DPoP: for another address (htu)",
            "gateway",
            "refused: `PROOF_REFUSED`; the session goes on",
            other_address
        ),
        own!(
            "DPoP: made earlier, or ahead (iat)",
            "gateway",
            "refused: `PROOF_OUT_OF_TIME`; the session goes on",
            other_time
        ),
        own!(
            "DPoP: a refresh token in other hands",
            "gateway",
            "refused: `PROOF_REFUSED`; no token is given, and the session goes on",
            another_key
        ),
        own!(
            "DPoP: a used refresh token in other hands",
            "gateway, desk",
            "refused, and the session ends: somebody has a copy",
            used_by_another_key
        ),
        own!("DPoP: each proof is another", "desk", "a key a sign-in, a name a proof, for one call", each_another),
    ],
};

/// Somebody at work whose tokens were renewed once, and the calls with which they were got.
async fn renewed() -> Outcome<(Stand, Vec<Said>)> {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    renew(&stand).await?;
    let calls = stand.between.calls_to("/oauth2/token");
    assert_eq!(calls.len(), 2, "a sign-in, and a refresh");
    Ok((stand, calls))
}

async fn renew(stand: &Stand) -> Outcome {
    stand.clock.pass(Duration::from_secs(10 * 60));
    stand.desk.touch().await?;
    stand.desk.profile(owen_pritchard().uuid().clone()).await?;
    Ok(())
}

fn refresh_token_in(said: &Said) -> Outcome<String> {
    let reply: Value = serde_json::from_str(&said.reply)?;
    Ok(reply["refresh_token"].as_str().ok_or("a refresh token")?.to_owned())
}

/// Shows the gateway a form with these proofs, as somebody else would. It gives no token.
async fn refused(stand: &Stand, form: &str, proofs: &[String]) -> Outcome<(FaultCode, String)> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse()?);
    for proof in proofs {
        headers.append(HEADER_PROOF, proof.parse()?);
    }
    let url = format!("{}/oauth2/token", stand.between.url());
    let reply = client()?.post(url).headers(headers).body(form.to_owned()).send().await?;
    let (status, text) = (reply.status(), reply.text().await?);
    assert!(status.is_client_error(), "{status}");
    assert!(!text.contains("access_token"), "no token is given");
    fault_of(&text)
}

fn refresh_form(token: &str) -> String {
    format!("grant_type=refresh_token&refresh_token={token}&client_id={}", crate::hostile::CLIENT)
}

/// A proof by a key that somebody made up.
fn made_up(stand: &Stand, method: &str, path: &str, seconds: i64) -> String {
    let at = now() + 10 * 60 + seconds;
    prove(&SigningKey::from_bytes(&[7; 32]), &fresh("proof"), method, &format!("{}{path}", stand.between.url()), at)
}

async fn goes_on(stand: &Stand) -> Outcome {
    renew(stand).await?;
    assert_eq!(stand.open_sessions()?, 1);
    Ok(())
}

async fn no_proof() -> Outcome {
    let (stand, calls) = renewed().await?;
    let (code, words) = refused(&stand, &refresh_form(&refresh_token_in(&calls[1])?), &[]).await?;
    assert_eq!((code, words.as_str()), (FaultCode::ProofRefused, "the proof is missing"));
    goes_on(&stand).await
}

fn proof_of(said: &Said) -> Outcome<String> {
    Ok(said.headers.get(HEADER_PROOF).ok_or("a proof")?.to_str()?.to_owned())
}

async fn shown_twice() -> Outcome {
    let (stand, calls) = renewed().await?;
    let form = refresh_form(&refresh_token_in(&calls[1])?);
    let (code, words) = refused(&stand, &form, &[proof_of(&calls[1])?]).await?;
    assert_eq!(code, FaultCode::ProofRefused);
    assert!(words.contains("jti"), "{words}");
    goes_on(&stand).await
}

async fn two_proofs() -> Outcome {
    let (stand, calls) = renewed().await?;
    let form = refresh_form(&refresh_token_in(&calls[1])?);
    let proofs = [proof_of(&calls[1])?, made_up(&stand, "POST", "/oauth2/token", 0)];
    let (code, words) = refused(&stand, &form, &proofs).await?;
    assert_eq!((code, words.as_str()), (FaultCode::ProofRefused, "there is more than one proof"));
    goes_on(&stand).await
}

/// A refresh token that is good, with a proof that is not.
async fn with_proof(method: &str, path: &str, seconds: i64, code: FaultCode, words: &str) -> Outcome {
    let (stand, calls) = renewed().await?;
    let form = refresh_form(&refresh_token_in(&calls[1])?);
    let (said, why) = refused(&stand, &form, &[made_up(&stand, method, path, seconds)]).await?;
    assert_eq!(said, code);
    assert!(why.contains(words), "{why}");
    goes_on(&stand).await
}

async fn other_method() -> Outcome {
    with_proof("GET", "/oauth2/token", 0, FaultCode::ProofRefused, "another method").await
}

async fn other_address() -> Outcome {
    for path in ["/v1/session", "/oauth2/token/", "/oauth2/token?x=1", "@evil.example/oauth2/token"] {
        with_proof("POST", path, 0, FaultCode::ProofRefused, "another address").await?;
    }
    Ok(())
}

async fn other_time() -> Outcome {
    for seconds in [-300, 300] {
        with_proof("POST", "/oauth2/token", seconds, FaultCode::ProofOutOfTime, "not made now").await?;
    }
    Ok(())
}

async fn another_key() -> Outcome {
    with_proof("POST", "/oauth2/token", 0, FaultCode::ProofRefused, "another key").await
}

async fn used_by_another_key() -> Outcome {
    let (stand, calls) = renewed().await?;
    // The token of the sign-in, whose successor RA Desk has used by now.
    renew(&stand).await?;
    let form = refresh_form(&refresh_token_in(&calls[0])?);
    let at = now() + 20 * 60;
    let url = format!("{}/oauth2/token", stand.between.url());
    let proof = prove(&SigningKey::from_bytes(&[7; 32]), &fresh("proof"), "POST", &url, at);
    let (code, _) = refused(&stand, &form, &[proof]).await?;
    assert_eq!(code, FaultCode::SessionEnded);
    assert_eq!(stand.open_sessions()?, 0);
    let cause = stand.desk.profile(owen_pritchard().uuid().clone()).await.expect_err("ended").cause;
    assert_eq!(cause, Cause::SessionEnded(EndReason::EndedElsewhere));
    Ok(())
}

async fn each_another() -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    stand.desk.sign_out().await?;
    stand.at_work().await?;
    renew(&stand).await?;
    renew(&stand).await?;
    let proofs = stand.between.calls_to("/oauth2/token");
    let proofs = proofs.iter().map(|said| Ok(contract::Proof::read(&proof_of(said)?)?)).collect::<Outcome<Vec<_>>>()?;
    assert_eq!(proofs.len(), 4, "two sign-ins and two refreshes");
    let names: std::collections::BTreeSet<&str> = proofs.iter().map(|proof| proof.jti.as_str()).collect();
    assert_eq!(names.len(), 4, "a name is used once");
    assert!(proofs[1..].iter().all(|proof| proof.key == proofs[1].key), "one key a session");
    assert_ne!(proofs[0].key, proofs[1].key, "and another for the next");
    let url = format!("{}/oauth2/token", stand.between.url());
    assert!(proofs.iter().all(|proof| proof.htm == "POST" && proof.htu == url));
    Ok(())
}
