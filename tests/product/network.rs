//! The network of a hospital: a proxy that asks for a sign-in, one that looks inside, one that dies.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use desk::{
    Cause, Desk, Network, NetworkFault, ProxyAnswer, ProxyFinder, ProxyFinderError, ProxyHop, ProxyQuestion,
    ProxyServer, ProxySource, Settings, SignInError, Status, Trust,
};
use sandbox::world::people;
use sandbox::world::ra_users::owen_pritchard;
use tests::Outcome;
use tests::authority::{Authority, TODAY};
use tests::practice::{AutoBrowser, FileKeys, Practice, open_desk_with, until};
use tests::proxy::{Interception, Manners, Proxy};
use url::Url;
use zeroize::Zeroizing;

use crate::journey::{fill_in, record, registrations_of, start_work, until_status};

/// The gateway's name, which only the proxy knows.
pub const GATEWAY: &str = "gateway.test";

/// A practice world whose gateway is somewhere else, as far as a desk can tell.
pub struct Hospital {
    pub practice: Practice,
    /// Who vouches for the gateway.
    pub authority: Authority,
    /// Where the gateway really is.
    pub gateway: SocketAddr,
}

impl Hospital {
    /// Starts one.
    pub async fn start() -> Outcome<Self> {
        let mut practice = Practice::start().await?;
        let authority = Authority::new("Made-up NHS authority")?;
        let folder = practice.layout().dir.clone();
        let certificate = authority.vouch(GATEWAY, TODAY)?;
        practice.cut_gateway().await;
        std::fs::write(folder.join("gateway-cert.pem"), &certificate.certificate)?;
        std::fs::write(folder.join("gateway-key.pem"), &certificate.key)?;
        std::fs::write(folder.join("elsewhere-ca.pem"), authority.pem())?;
        let config = std::fs::read_to_string(&practice.layout().gateway_config)?;
        let renamed = config.replace("also_named = [\"127.0.0.1\"]", &format!("also_named = [\"{GATEWAY}\"]"));
        std::fs::write(&practice.layout().gateway_config, renamed)?;
        practice.start_gateway().await?;
        let url = Url::parse(&practice.layout().gateway_url)?;
        let gateway = SocketAddr::from(([127, 0, 0, 1], url.port().ok_or("the gateway has a port")?));
        Ok(Self { practice, authority, gateway })
    }

    /// A proxy that knows the way to the gateway.
    pub async fn proxy(&self, manners: Manners) -> Outcome<Proxy> {
        Proxy::start(manners, &[(&format!("{GATEWAY}:443"), self.gateway)]).await
    }

    /// Settings of a desk that knows the gateway by its name, and whom to trust.
    pub fn settings(&self) -> Outcome<Settings> {
        let mut settings = Settings::read(&self.practice.layout().desk_settings)?;
        settings.gateway_url = Url::parse(&format!("https://{GATEWAY}"))?;
        settings.trust = Trust::Only(self.practice.layout().dir.join("elsewhere-ca.pem"));
        Ok(settings)
    }

    /// A desk on a computer that is set to use this proxy.
    pub async fn desk(&self, settings: Settings, finder: Through) -> Outcome<Desk> {
        let browser = AutoBrowser { user: owen_pritchard().uuid().to_string(), role: None };
        let keys = FileKeys(self.practice.data_dir("desk.key"));
        Ok(open_desk_with(settings, &self.practice.data_dir("desk"), keys, browser, Arc::new(finder)).await?)
    }
}

/// A computer whose system names these proxies, in this order.
pub struct Through(pub Vec<ProxyHop>);

impl Through {
    /// One proxy.
    pub fn one(proxy: &Proxy) -> Self {
        Self(vec![hop(&proxy.url())])
    }
}

/// A way through a proxy.
pub fn hop(url: &str) -> ProxyHop {
    let url = Url::parse(url).expect("a test's proxy has an address");
    ProxyHop::Proxy(ProxyServer::of_url(&url).expect("a test's proxy is one"))
}

impl ProxyFinder for Through {
    fn proxies_for(&self, _: &Url, ask: ProxyQuestion<'_>) -> Result<ProxyAnswer, ProxyFinderError> {
        match ask {
            ProxyQuestion::System => Ok(ProxyAnswer { hops: self.0.clone(), source: ProxySource::Environment }),
            ProxyQuestion::Pac(_) => Err(ProxyFinderError::PacUnsupported),
        }
    }
}

/// What a sign-in fails of on the way to the gateway.
pub async fn fault_of_sign_in(desk: &Desk) -> NetworkFault {
    match desk.sign_in().await.expect_err("there is no way to the gateway").cause {
        Cause::SignIn(SignInError::Network(fault)) => fault,
        other => panic!("another fault: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_asks_is_signed_in_to_and_led_through() -> Outcome {
    let hospital = Hospital::start().await?;
    // "ward-7:right", as it stands in the header.
    let proxy = hospital.proxy(Manners::Asks("d2FyZC03OnJpZ2h0")).await?;
    let desk = hospital.desk(hospital.settings()?, Through::one(&proxy)).await?;
    let secret = |text: &str| Zeroizing::new(text.to_owned());

    assert_eq!(desk.proxy_sign_in("ward-7", secret("right")).await.unwrap_err().cause, Cause::WrongState, "not asked");
    assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::ProxySignIn);
    assert_eq!(proxy.seen().told, [""; 0], "nothing is told before it is given");

    let refused = desk.proxy_sign_in("ward-7", secret("wrong")).await.unwrap_err();
    assert_eq!(refused.cause, Cause::Network(NetworkFault::ProxySignInRefused));
    assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::ProxySignIn, "what was refused is forgotten");
    let wrong = proxy.seen().told;
    assert_eq!(wrong, ["Basic d2FyZC03Ondyb25n"], "it is told once, and not again");

    desk.proxy_sign_in("ward-7", secret("right")).await?;
    start_work(&desk).await?;
    let sam = people::sam_taylor();
    let submission = record(&desk, sam.uuid(), sam.address.as_str()).await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    assert_eq!(registrations_of(&hospital.practice, sam.uuid())?, 1);

    let seen = proxy.seen();
    assert!(seen.opened > 0 && seen.asked.iter().all(|asked| asked == "gateway.test:443"), "{seen:?}");
    let log = format!("{:?}", desk.snapshot().await?);
    assert!(!log.contains("right") && !log.contains("ward-7"), "no page is told");
    for (file, bytes) in tests::scan::files(&hospital.practice.data_dir("desk"))?.into_iter().map(|file| {
        let bytes = std::fs::read(&file).unwrap_or_default();
        (file, bytes)
    }) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("ward-7") && !text.contains("d2FyZC03"), "{}", file.display());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_looks_inside_is_told_nothing_unless_its_authority_is_trusted() -> Outcome {
    let hospital = Hospital::start().await?;
    let interception =
        Interception { authority: Authority::new("Ward 7 web filter")?, trusts: hospital.authority.pem() };
    let filter = hospital.practice.layout().dir.join("filter-ca.pem");
    std::fs::write(&filter, interception.authority.pem())?;
    let proxy = hospital.proxy(Manners::Intercepts(Arc::new(interception))).await?;

    let desk = hospital.desk(hospital.settings()?, Through::one(&proxy)).await?;
    assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::CertificateNotTrusted);
    assert!(proxy.seen().opened > 0, "it was led there");
    assert_eq!(proxy.seen().read_in_the_clear, 0, "nothing was said to it");
    desk.close().await;
    drop(desk);

    let mut settings = hospital.settings()?;
    settings.trust = Trust::PlatformPlus(filter);
    let desk = hospital.desk(settings, Through::one(&proxy)).await?;
    start_work(&desk).await?;
    let sam = people::sam_taylor();
    let submission = record(&desk, sam.uuid(), sam.address.as_str()).await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    assert!(proxy.seen().read_in_the_clear > 0, "the filter does its work");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_dies_holds_up_the_queue_and_costs_nothing() -> Outcome {
    let hospital = Hospital::start().await?;
    let mut proxy = hospital.proxy(Manners::Open).await?;
    let desk = hospital.desk(hospital.settings()?, Through::one(&proxy)).await?;
    start_work(&desk).await?;
    let everybody = [people::sam_taylor(), people::siobhan_o_connor(), people::zoe_ashworth_okafor()];
    let mut drafts = Vec::new();
    for person in &everybody {
        drafts.push(fill_in(&desk, person.uuid(), person.address.as_str()).await?);
    }
    proxy.die().await;

    let mut keys = Vec::new();
    for draft in drafts {
        keys.push(desk.record(draft.id).await?.key);
    }
    let offline = || async {
        let network = desk.snapshot().await.ok()?.network;
        (network == Network::Offline { why: NetworkFault::ProxyUnreachable }).then_some(())
    };
    until("RA Desk sees that the proxy is gone", offline).await?;
    for key in &keys {
        assert_eq!(desk.submission(*key).await?.status, Status::ReadyToSend);
    }

    // It comes back, and dies again when the gateway has registered them and before its answer is through.
    proxy.set(Manners::HoldsBack(Duration::from_secs(1)));
    proxy.come_back().await?;
    desk.send_now();
    let registered = || hospital.practice.count("SELECT count(*) FROM registrations").ok();
    let before = registered().ok_or("the gateway's file can be read")?;
    until("the gateway has them", || async { (registered()? == before + 3).then_some(()) }).await?;
    proxy.die().await;
    until("RA Desk sees that the proxy is gone again", offline).await?;
    for key in &keys {
        assert_eq!(desk.submission(*key).await?.status, Status::ReadyToSend, "not known here to be registered");
    }

    proxy.set(Manners::Open);
    proxy.come_back().await?;
    desk.send_now();
    for (key, person) in keys.iter().zip(&everybody) {
        until_status(&desk, *key, Status::WaitingForThem).await?;
        assert_eq!(registrations_of(&hospital.practice, person.uuid())?, 1, "exactly once");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_first_proxy_is_dead_the_next_is_tried() -> Outcome {
    let hospital = Hospital::start().await?;
    let mut dead = hospital.proxy(Manners::Open).await?;
    let living = hospital.proxy(Manners::Open).await?;
    dead.die().await;
    let finder = Through(vec![hop(&dead.url()), hop(&living.url()), ProxyHop::Direct]);
    let desk = hospital.desk(hospital.settings()?, finder).await?;
    start_work(&desk).await?;
    assert!(living.seen().opened > 0);

    // It could be seen now whether it is still tried first.
    dead.come_back().await?;
    let sam = people::sam_taylor();
    let submission = record(&desk, sam.uuid(), sam.address.as_str()).await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    assert_eq!(dead.seen().asked, [""; 0], "the one that worked comes first");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_proxy_that_says_nothing_is_waited_for_once() -> Outcome {
    let hospital = Hospital::start().await?;
    let (silent, living) = (hospital.proxy(Manners::Silent).await?, hospital.proxy(Manners::Open).await?);
    let finder = Through(vec![hop(&silent.url()), hop(&living.url())]);
    let desk = hospital.desk(hospital.settings()?, finder).await?;
    start_work(&desk).await?;
    let sam = people::sam_taylor();
    let submission = record(&desk, sam.uuid(), sam.address.as_str()).await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    assert_eq!(silent.seen().asked, ["gateway.test:443"], "by the first call, and by no other");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_on_this_computer_is_never_reached_through_a_proxy() -> Outcome {
    let practice = Practice::start().await?;
    let url = Url::parse(&practice.layout().gateway_url)?;
    let address = SocketAddr::from(([127, 0, 0, 1], url.port().ok_or("the gateway has a port")?));
    let name = format!("localhost:{}", address.port());
    let proxy = Proxy::start(Manners::Open, &[(&name, address)]).await?;
    let settings = Settings::read(&practice.layout().desk_settings)?;
    let browser = AutoBrowser { user: owen_pritchard().uuid().to_string(), role: None };
    let keys = FileKeys(practice.data_dir("desk.key"));
    let finder = Arc::new(Through::one(&proxy));
    let desk = open_desk_with(settings, &practice.data_dir("desk"), keys, browser, finder).await?;
    start_work(&desk).await?;
    assert_eq!(proxy.seen().asked, [""; 0]);
    Ok(())
}
