//! Who signs in to a proxy, how often it is told, and for how long.

use desk::{Cause, Network, NetworkFault, ProxyAsking, ProxyHop, SessionNow};
use tests::Outcome;
use tests::authority::Authority;
use tests::practice::until;
use tests::proxy::{Interception, Manners};
use zeroize::Zeroizing;

use crate::journey::start_work;
use crate::network::{Hospital, Through, fault_of_sign_in, hop};

/// "ward-7:right", as it stands in the header.
const RIGHT: &str = "d2FyZC03OnJpZ2h0";

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_ra_user_does_not_go_out_under_the_first_ones_name() -> Outcome {
    let hospital = Hospital::start().await?;
    let proxy = hospital.proxy(Manners::Asks(RIGHT)).await?;
    let desk = hospital.desk(hospital.settings()?, Through::one(&proxy)).await?;
    assert_eq!(desk.snapshot().await?.proxy_asking, None);
    assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::ProxySignIn);
    let address = proxy.url().trim_start_matches("http://").to_owned();
    assert_eq!(desk.snapshot().await?.proxy_asking, Some(ProxyAsking { address, encrypted: false }));

    desk.proxy_sign_in("ward-7", secret("right")).await?;
    start_work(&desk).await?;
    let SessionNow::SignedIn { person, .. } = desk.snapshot().await?.session else { panic!("somebody is at work") };
    let role = person.role.ok_or("they act in a role")?.role.id;
    desk.change_role(role).await?;

    // The gateway hears of the end of it under the name of whoever leaves.
    let live = || hospital.practice.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").ok();
    assert!(live() > Some(0), "a session stands at the gateway");
    desk.sign_out().await?;
    until("the gateway was told", || async { (live()? == 0).then_some(()) }).await?;
    let told = proxy.seen().told.len();
    assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::ProxySignIn);
    assert_eq!(proxy.seen().told.len(), told);

    // *Not you?*
    desk.proxy_sign_in("ward-7", secret("right")).await?;
    let now = desk.sign_in().await?.session;
    assert!(matches!(now, SessionNow::Confirming { .. }), "{now:?}");
    assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::ProxySignIn);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_of_the_environment_is_told_once() -> Outcome {
    let hospital = Hospital::start().await?;
    let proxy = hospital.proxy(Manners::Asks(RIGHT)).await?;
    let mut way = hop(&proxy.url());
    if let ProxyHop::Proxy(server) = &mut way {
        server.authorization = Some(secret("Basic bWFkZTp1cA=="));
    }
    let desk = hospital.desk(hospital.settings()?, Through(vec![way])).await?;
    for _ in 0..3 {
        assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::ProxySignIn);
    }
    assert_eq!(proxy.seen().told, ["Basic bWFkZTp1cA=="], "once, however often it is tried again");
    desk.proxy_sign_in("ward-7", secret("right")).await?;
    start_work(&desk).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_said_to_let_through_only_when_it_did() -> Outcome {
    let hospital = Hospital::start().await?;
    let mut proxy = hospital.proxy(Manners::Asks(RIGHT)).await?;
    let desk = hospital.desk(hospital.settings()?, Through::one(&proxy)).await?;
    assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::ProxySignIn);
    let fault = async || match desk.proxy_sign_in("ward-7", secret("right")).await {
        Ok(now) => Err(now.network),
        Err(failure) => Ok(failure.cause),
    };
    for (manners, why) in [
        (Manners::Forbids, NetworkFault::ProxyRefused),
        (Manners::Silent, NetworkFault::TimedOut),
        (Manners::AsksNtlm, NetworkFault::ProxySignInRefused),
        (Manners::ShowsPage, NetworkFault::NotOurServer),
    ] {
        proxy.set(manners);
        assert_eq!(fault().await, Ok(Cause::Network(why)));
    }
    proxy.die().await;
    assert_eq!(fault().await, Ok(Cause::Network(NetworkFault::ProxyUnreachable)));

    proxy.come_back().await?;
    let authority = Authority::new("Ward 7 web filter")?;
    let interception = Interception { authority, trusts: hospital.authority.pem() };
    proxy.set(Manners::Intercepts(interception.into()));
    let beyond = Network::Offline { why: NetworkFault::CertificateNotTrusted };
    assert_eq!(fault().await, Err(beyond), "it let RA Desk through, and what is wrong lies beyond it");
    Ok(())
}
