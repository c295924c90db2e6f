//! What is written while people sign in: no log line, no address and no error holds a secret.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sandbox::world::ra_users::owen_pritchard;
use serde_json::Value;
use tests::Outcome;

use crate::basic::claim;
use crate::hostile::PERSON;
use crate::own;
use crate::stand::Stand;
use crate::table::Group;

/// The group.
pub const GROUP: Group = Group {
    title: "Secrets where they do not belong",
    modules: &[
        own!(
            "tokens in logs",
            "gateway, desk",
            "no code, verifier, nonce, assertion or token is in any log line",
            logs_hold_nothing
        ),
        own!(
            "tokens in addresses",
            "gateway, desk",
            "no token is in an address; of a sign-in's values only what the protocol puts there",
            addresses_hold_nothing
        ),
        own!("who it was, in an error", "gateway", "a refusal names the check and nobody", errors_name_nobody),
    ],
};

static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Keep;

impl Write for Keep {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps everything that is logged from now on, RA Desk's own to the last detail.
pub fn listen() {
    tracing_subscriber::fmt()
        .with_env_filter("debug,gateway=trace,desk=trace,h2=info")
        .with_ansi(false)
        .with_writer(|| Keep)
        .init();
}

/// Everything secret of a sign-in, a refresh and a sign-out, as it went over the wires.
async fn secrets_of(stand: &Stand) -> Outcome<Vec<(&'static str, String)>> {
    stand.at_work().await?;
    stand.clock.pass(Duration::from_secs(10 * 60));
    stand.desk.profile(owen_pritchard().uuid().clone()).await?;
    stand.desk.sign_out().await?;
    stand.desk.until_gateway_is_told(Duration::from_secs(20)).await;
    let mut secrets = Vec::new();
    for call in stand.issuer.calls("/token") {
        for name in ["code", "code_verifier", "client_assertion"] {
            secrets.push((name, call.form[name].clone()));
        }
    }
    secrets.extend(
        ["nonce", "state"]
            .map(|name| (name, stand.asked().map(|asked| asked[name].clone())))
            .into_iter()
            .map(|(name, value)| value.map(|value| (name, value)))
            .collect::<Outcome<Vec<_>>>()?,
    );
    secrets.extend(stand.issuer.secrets().into_iter().map(|secret| ("what the issuer gave", secret)));
    for said in stand.between.calls_to("/oauth2/token") {
        let reply: Value = serde_json::from_str(&said.reply)?;
        for name in ["access_token", "refresh_token"] {
            secrets.push((name, reply[name].as_str().ok_or("a token")?.to_owned()));
        }
    }
    assert!(secrets.len() >= 12, "{}", secrets.len());
    Ok(secrets)
}

async fn logs_hold_nothing() -> Outcome {
    tracing::info!("a line that is certainly written");
    let secrets = secrets_of(&Stand::start().await?).await?;
    let written = String::from_utf8_lossy(&WRITTEN.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    assert!(written.contains("a line that is certainly written"), "the log is heard");
    for (name, secret) in secrets {
        assert!(!written.contains(&secret), "a {name} is in the log");
    }
    assert!(!written.contains(PERSON), "and nobody is named");
    Ok(())
}

async fn addresses_hold_nothing() -> Outcome {
    let stand = Stand::start().await?;
    let secrets = secrets_of(&stand).await?;
    let by_protocol = ["state", "nonce"];
    for call in stand.issuer.all_calls() {
        for (name, secret) in &secrets {
            let allowed = call.path == "/authorize" && by_protocol.contains(name);
            assert!(allowed || !call.query.contains(secret), "a {name} is in the address of {}", call.path);
        }
    }
    for said in stand.between.calls() {
        for (name, secret) in &secrets {
            assert!(!said.path.contains(secret), "a {name} is in an address at the gateway");
        }
    }
    Ok(())
}

async fn errors_name_nobody() -> Outcome {
    for claim in [claim("id_assurance_level", "2"), claim("aud", "another.client"), claim("nonce", "another")] {
        let stand = Stand::with(claim).await?;
        let cause = stand.sign_in().await.expect_err("refused");
        let said = stand.between.calls_to("/oauth2/token").pop().ok_or("a refusal")?;
        for text in [said.reply, cause.to_string()] {
            assert!(!text.contains(PERSON) && !text.contains("Robin"), "{text}");
            assert!(stand.issuer.secrets().iter().all(|secret| !text.contains(secret)), "{text}");
        }
    }
    Ok(())
}
