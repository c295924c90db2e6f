//! The same sign-in at an OpenID provider that RA Desk's authors did not write: the npm package `oidc-provider`.
//!
//! `cargo xtask test oidc` installs it and names its folder. It is Node's own HTTP and JavaScript's own JOSE, so a
//! misreading of a standard that our provider and our client share is seen here.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use contract::EndReason;
use desk::{Cause, SessionNow, Snapshot};
use sandbox::world::ra_users::owen_pritchard;
use tests::Outcome;
use tests::practice::until;
use tests::programs::Service;
use url::Url;

use crate::config::refreshes;
use crate::hostile::{CLIENT, Hostile, PERSON, ROLE};
use crate::own;
use crate::stand::{Cookies, Stand, client, free_port, sent_back, sent_back_with, shared, visit, with_cookies};
use crate::table::Group;

/// The group.
pub const GROUP: Group = Group {
    title: "An independent provider: the npm package oidc-provider",
    modules: &[
        own!(
            "oidc-provider: code flow with PKCE and private_key_jwt",
            "gateway, desk",
            "somebody is signed in, in their role",
            sign_in
        ),
        own!(
            "oidc-provider: refresh",
            "gateway, desk",
            "work goes on after ten minutes, and the provider is not asked",
            refresh
        ),
        own!(
            "oidc-provider: logout begun by the person",
            "desk, gateway",
            "the provider takes the `id_token_hint`; its session is over too, and the next sign-in is a login",
            logout_by_the_person
        ),
        own!(
            "oidc-provider: back-channel logout",
            "gateway, desk",
            "the provider's own logout token ends the session; the desk is told at its next call",
            logout
        ),
        own!("oidc-provider: a code used twice", "gateway", "refused: *invalid_grant*", code_used_twice),
        own!("oidc-provider: another verifier", "gateway", "refused: *invalid_grant*", another_verifier),
    ],
};

/// Where the provider was installed.
fn installed() -> Outcome<PathBuf> {
    let folder = std::env::var_os("RA_DESK_OIDC_PROVIDER").map(PathBuf::from);
    folder.ok_or_else(|| "no oidc-provider is named: start the tests with `cargo xtask test oidc`".into())
}

/// Longer than any that came to its end.
const START: Duration = Duration::from_secs(40);

struct Independent {
    stand: Stand,
    url: String,
    _provider: Service,
}

impl Independent {
    /// Starts one. On a busy machine one in some hundred never says that it is ready: then another is started.
    async fn start() -> Outcome<Self> {
        for _ in 0..2 {
            if let Ok(started) = tokio::time::timeout(START, Self::start_once()).await {
                return started;
            }
            eprintln!("an oidc-provider did not start within {START:?}: another is started");
        }
        Self::start_once().await
    }

    async fn start_once() -> Outcome<Self> {
        let (shared, folder) = (shared()?, installed()?);
        let port = free_port()?;
        let url = format!("https://localhost:{port}");
        let stand = Stand::at(Hostile::start(shared.tls())?, &url).await?;
        let mut node = Command::new("node");
        node.arg(folder.join("issuer.mjs"))
            .current_dir(&folder)
            .env("PORT", port.to_string())
            .env("TLS_CERTIFICATE", &shared.certificate)
            .env("TLS_KEY", &shared.key)
            .env("NODE_EXTRA_CA_CERTS", &shared.ca)
            .env("CLIENT", CLIENT)
            .env("CLIENT_JWKS", shared.gateway_jwks())
            .env("REDIRECT_URIS", stand.ports.map(|port| format!("http://127.0.0.1:{port}/callback")).join(" "))
            .env("LOGOUT_URI", format!("{}/backchannel-logout", stand.between.url()))
            .env("PERSON", PERSON)
            .env("ROLE", ROLE);
        let log = stand.folder().join("oidc-provider.log");
        let said = log.clone();
        let provider = tokio::task::spawn_blocking(move || Service::start_ready("node", node, &log, "issuer ready"));
        let provider = provider
            .await?
            .map_err(|error| format!("{error}: {}", std::fs::read_to_string(said).unwrap_or_default()))?;
        Ok(Self { stand, url, _provider: provider })
    }
}

/// Signs in; where that fails, with what the gateway said.
async fn signed_in(stand: &Stand) -> Outcome<Snapshot> {
    let said = |cause| format!("{cause}: {:?}", stand.between.last_fault().ok());
    Ok(stand.sign_in().await.map_err(said)?)
}

async fn sign_in() -> Outcome {
    let independent = Independent::start().await?;
    let session = signed_in(&independent.stand).await?.session;
    let SessionNow::Confirming { person } = session else { panic!("asked who they are") };
    assert_eq!((person.uuid.as_str(), person.name.as_str()), (PERSON, "Robin Agent"));
    assert_eq!(person.role.ok_or("a role")?.role.id.as_str(), ROLE);
    assert!(independent.stand.issuer.all_calls().is_empty(), "nobody asked the other one");
    Ok(())
}

async fn refresh() -> Outcome {
    let Independent { stand, .. } = &Independent::start().await?;
    stand.at_work().await?;
    stand.clock.pass(Duration::from_secs(10 * 60));
    stand.desk.profile(owen_pritchard().uuid().clone()).await?;
    assert_eq!(refreshes(stand), 1);
    Ok(())
}

/// Why the provider does not sign somebody in who is not to be asked, in a browser with these cookies.
async fn unasked(url: &Url, cookies: &mut Cookies) -> Outcome<String> {
    let mut url = url.clone();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let pairs = pairs.into_iter().filter(|(name, _)| !["prompt", "max_age"].contains(&name.as_str()));
    url.query_pairs_mut().clear().extend_pairs(pairs.collect::<Vec<_>>()).append_pair("prompt", "none");
    let back = sent_back_with(&url, cookies).await?;
    let error = back.query_pairs().find(|(name, _)| name == "error");
    Ok(error.map(|(_, value)| value.into_owned()).unwrap_or_default())
}

async fn logout_by_the_person() -> Outcome {
    let independent = Independent::start().await?;
    let (stand, mut cookies) = (&independent.stand, Cookies::new());
    let begun = stand.begin().await?;
    let asked = begun.url.clone();
    visit(&sent_back_with(&asked, &mut cookies).await?).await?;
    begun.end().await??;
    stand.desk.confirm_identity().await?;
    assert_ne!(unasked(&asked, &mut cookies).await?, "login_required", "the provider knows who it is");

    let before = stand.opened().len();
    stand.desk.sign_out().await?;
    stand.desk.until_gateway_is_told(Duration::from_secs(20)).await;
    let page = until("the page is opened", || async { stand.opened().get(before).cloned() }).await?;
    assert!(page.as_str().starts_with(&independent.url), "it is the provider's");
    let html = with_cookies(client()?.get(page.clone()), &mut cookies).await?.text().await?;
    let xsrf = html.split("name=\"xsrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let form = [("xsrf", xsrf.ok_or("the provider asks the person")?), ("logout", "yes")];
    let confirm = format!("{}/session/end/confirm", independent.url);
    let reply = with_cookies(client()?.post(confirm).form(&form), &mut cookies).await?;
    assert!(reply.status().is_redirection(), "{}", reply.status());
    assert_eq!(unasked(&asked, &mut cookies).await?, "login_required", "its session is over");
    assert_eq!(stand.open_sessions()?, 0);
    Ok(())
}

async fn logout() -> Outcome {
    let independent = Independent::start().await?;
    let stand = &independent.stand;
    stand.at_work().await?;
    assert_eq!(stand.open_sessions()?, 1);
    let reply = client()?.get(format!("{}/end-every-session", independent.url)).send().await?;
    assert_eq!((reply.status().as_u16(), reply.text().await?.as_str()), (200, "told"));
    assert_eq!(stand.open_sessions()?, 0);
    let cause = stand.desk.profile(owen_pritchard().uuid().clone()).await.expect_err("ended").cause;
    assert_eq!(cause, Cause::SessionEnded(EndReason::EndedElsewhere));
    Ok(())
}

async fn code_used_twice() -> Outcome {
    let Independent { stand, .. } = &Independent::start().await?;
    let begun = stand.begin().await?;
    let back = sent_back(&begun.url).await?;
    visit(&back).await?;
    begun.end().await??;
    let code = back.query_pairs().find(|(name, _)| name == "code").ok_or("a code")?.1.into_owned();
    stand.between.garble(move |form| {
        for (name, value) in form {
            if name == "code" {
                code.clone_into(value);
            }
        }
    });
    assert!(stand.sign_in().await.is_err());
    assert_eq!(stand.between.last_fault()?.1, "the code: answered 400 invalid_grant");
    Ok(())
}

async fn another_verifier() -> Outcome {
    let Independent { stand, .. } = &Independent::start().await?;
    stand.between.garble(|form| {
        for (name, value) in form {
            if name == "code_verifier" {
                "a-verifier-that-somebody-made-up-and-that-is-long-enough".clone_into(value);
            }
        }
    });
    assert!(stand.sign_in().await.is_err());
    assert_eq!(stand.between.last_fault()?.1, "the code: answered 400 invalid_grant");
    stand.nobody().await
}
