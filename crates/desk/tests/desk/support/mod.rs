//! A desk under test, and the seams it is given.

pub(crate) mod audit;
pub(crate) mod gateway;
pub(crate) mod issuer;
pub(crate) mod server;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contract::{DeclarationAcceptedBy, DocumentKind, IdentityCheckMethod};
use desk::{
    AddressForm, Browser, BrowserError, Clock, Desk, Draft, IdentityForm, KeyStore, KeyStoreError, Parts, Persistence,
    ProxyAnswer, ProxyFinder, ProxyFinderError, ProxyHop, ProxyQuestion, ProxySource, Random, Settings, Submission,
    SystemClock, SystemRandom,
};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use zeroize::Zeroizing;

use gateway::Fake;

pub(crate) const PERSON: &str = "555086689106";
pub(crate) const RA_USER: &str = "656005750104";
pub(crate) const ROLE: &str = "555254240100";

/// The computer's clock, and how far the test has turned it.
pub(crate) struct TurnedClock {
    system: SystemClock,
    ahead: AtomicI64,
    /// How far its date and time alone were set back.
    back: AtomicI64,
}

impl TurnedClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Sets the computer's date and time back. The time that passes is not changed by that.
    pub(crate) fn set_back(&self, by: Duration) {
        self.back.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Puts date and time right again.
    pub(crate) fn put_right(&self) {
        self.back.store(0, Ordering::SeqCst);
    }

    fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::SeqCst)
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        self.system.now() + SignedDuration::from_millis(self.ahead() - self.back.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic() + Duration::from_millis(u64::try_from(self.ahead()).unwrap())
    }
}

/// Real randomness, except that every backoff is drawn as none at all.
pub(crate) struct Impatient(SystemRandom);

impl Random for Impatient {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() == 4 { bytes.fill(0) } else { self.0.fill(bytes) }
    }
}

/// A key store in memory, shared by every start of one test's desk.
#[derive(Default)]
pub(crate) struct Keys(pub(crate) Mutex<HashMap<String, Vec<u8>>>, AtomicBool);

impl Keys {
    /// From now on it answers, or it does not.
    pub(crate) fn answers(&self, does: bool) {
        self.1.store(!does, Ordering::SeqCst);
    }

    fn answer(&self) -> Result<(), KeyStoreError> {
        if self.1.load(Ordering::SeqCst) { Err(KeyStoreError::Locked) } else { Ok(()) }
    }
}

impl KeyStore for Keys {
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        self.answer()?;
        Ok(self.0.lock().unwrap().get(name).cloned().map(Zeroizing::new))
    }

    fn save(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreError> {
        self.answer()?;
        self.0.lock().unwrap().insert(name.into(), bytes.into());
        Ok(())
    }
}

/// What the RA user does in the browser.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum InTheBrowser {
    SignsIn,
    Cancels,
    GoesAway,
    /// Comes back with another issuer's name on the answer.
    ComesFromElsewhere,
    CannotBeOpened,
}

/// A browser that goes straight back to where it is sent.
pub(crate) struct FakeBrowser {
    pub(crate) does: Mutex<InTheBrowser>,
    pub(crate) issuer: String,
    /// The addresses it was sent to.
    pub(crate) opened: Mutex<Vec<url::Url>>,
    /// The pages of the issuer at which sessions are ended that it was sent to.
    pub(crate) signed_out: Mutex<Vec<url::Url>>,
}

impl Browser for FakeBrowser {
    fn sign_out(&self, page: &str) -> Result<(), BrowserError> {
        self.signed_out.lock().unwrap().push(url::Url::parse(page).unwrap());
        Ok(())
    }

    fn open(&self, page: &str) -> Result<(), BrowserError> {
        let does = *self.does.lock().unwrap();
        if does == InTheBrowser::CannotBeOpened {
            return Err(BrowserError);
        }
        let page = url::Url::parse(page).unwrap();
        self.opened.lock().unwrap().push(page.clone());
        let asked: HashMap<String, String> = page.query_pairs().into_owned().collect();
        let (redirect, state) = (asked["redirect_uri"].clone(), asked["state"].clone());
        let issuer = match does {
            InTheBrowser::ComesFromElsewhere => "https://elsewhere.example".into(),
            _ => self.issuer.clone(),
        };
        let mut answer = url::form_urlencoded::Serializer::new(String::new());
        answer.append_pair("state", &state).append_pair("iss", &issuer);
        match does {
            InTheBrowser::GoesAway => return Ok(()),
            InTheBrowser::Cancels => answer.append_pair("error", "access_denied"),
            _ => answer.append_pair("code", "a-code"),
        };
        let target = format!("/callback?{}", answer.finish());
        std::thread::spawn(move || visit(&redirect, &target));
        Ok(())
    }
}

/// Visits a page on this computer, as a browser would.
pub(crate) fn visit(address: &str, target: &str) -> String {
    let url = url::Url::parse(address).unwrap();
    let host = format!("127.0.0.1:{}", url.port().unwrap());
    let mut stream = TcpStream::connect(&host).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

/// A desk under test with everything around it.
pub(crate) struct Bench {
    pub(crate) desk: Desk,
    pub(crate) fake: Arc<Fake>,
    pub(crate) clock: Arc<TurnedClock>,
    pub(crate) browser: Arc<FakeBrowser>,
    pub(crate) folder: TempDir,
    keys: Arc<Keys>,
    settings: Settings,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::on(Persistence::Kept, true).await
    }

    /// On a computer that keeps what is written or does not, in an organisation that wants offline recording or not.
    pub(crate) async fn on(persistence: Persistence, offline_recording: bool) -> Self {
        Self::set(persistence, |settings, _| settings.offline_recording = offline_recording).await
    }

    /// With other settings; the folder is the test's own.
    pub(crate) async fn set(persistence: Persistence, change: impl FnOnce(&mut Settings, &Path)) -> Self {
        let folder = TempDir::new().unwrap();
        let fake = Fake::start(folder.path());
        let mut settings = settings(&fake, folder.path());
        change(&mut settings, folder.path());
        let clock =
            Arc::new(TurnedClock { system: SystemClock::start(), ahead: AtomicI64::new(0), back: AtomicI64::new(0) });
        let browser = Arc::new(FakeBrowser {
            does: Mutex::new(InTheBrowser::SignsIn),
            issuer: fake.issuer(),
            opened: Mutex::default(),
            signed_out: Mutex::default(),
        });
        let keys = Arc::new(Keys::default());
        let desk = open(&settings, &folder, &keys, &clock, &browser, persistence).await;
        Self { desk, fake, clock, browser, folder, keys, settings }
    }

    /// What the key store of this computer holds.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Signed in and confirmed.
    pub(crate) async fn signed_in() -> Self {
        let bench = Self::new().await;
        bench.sign_in().await;
        bench
    }

    pub(crate) async fn sign_in(&self) {
        self.desk.sign_in().await.unwrap();
        self.desk.confirm_identity().await.unwrap();
    }

    /// Ends this desk and starts it again on the same files.
    pub(crate) async fn restart(self) -> Self {
        self.restart_on(Persistence::Kept).await
    }

    /// The same, with something done to its files in between.
    pub(crate) async fn restart_after(self, does: impl FnOnce()) -> Self {
        let Self { desk, fake, clock, browser, folder, keys, settings } = self;
        desk.close().await;
        drop(desk);
        does();
        let desk = open(&settings, &folder, &keys, &clock, &browser, Persistence::Kept).await;
        Self { desk, fake, clock, browser, folder, keys, settings }
    }

    /// The same, on a computer that keeps what is written or does not.
    pub(crate) async fn restart_on(self, persistence: Persistence) -> Self {
        let Self { desk, fake, clock, browser, folder, keys, settings } = self;
        desk.close().await;
        drop(desk);
        let desk = open(&settings, &folder, &keys, &clock, &browser, persistence).await;
        Self { desk, fake, clock, browser, folder, keys, settings }
    }

    /// The same, and all rows of its audit as they were in between.
    pub(crate) async fn audit(self) -> (Self, String) {
        let (keys, data, mut rows) = (self.keys.clone(), self.folder.path().join("data"), Vec::new());
        let bench = self
            .restart_after(|| {
                desk::audit_as_csv(&data, &*keys, &mut rows).unwrap();
            })
            .await;
        (bench, String::from_utf8(rows).unwrap())
    }

    pub(crate) async fn draft(&self, person: &str) -> Draft {
        draft(&self.desk, person).await
    }

    pub(crate) async fn record(&self, person: &str) -> Submission {
        let draft = self.draft(person).await;
        self.desk.record(draft.id).await.unwrap()
    }

    /// Waits until a submission is as the test says, or says how it is after ten seconds.
    pub(crate) async fn until(&self, submission: &Submission, is: impl Fn(&Submission) -> bool) -> Submission {
        for _ in 0..500 {
            let now = self.desk.submission(submission.key).await.unwrap();
            if is(&now) {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it is {:?}", self.desk.submission(submission.key).await.unwrap());
    }
}

/// Reads the person's profile and fills a draft of them.
pub(crate) async fn draft(desk: &Desk, person: &str) -> Draft {
    desk.profile(person.parse().unwrap()).await.unwrap();
    fill(desk, person).await
}

/// Fills a draft of somebody whose profile was read.
pub(crate) async fn fill(desk: &Desk, person: &str) -> Draft {
    let draft = desk.start_draft(person.parse().unwrap()).await.unwrap();
    let form = AddressForm { address: draft.suggested_address.clone().unwrap().to_string(), reason: String::new() };
    desk.set_draft_address(draft.id, form).await.unwrap();
    let form = IdentityForm {
        method: Some(IdentityCheckMethod::InPerson),
        documents: vec![DocumentKind::Passport],
        accepted_by: Some(DeclarationAcceptedBy::User),
    };
    desk.set_draft_identity(draft.id, form).await.unwrap()
}

/// A computer that is set to use no proxy.
pub(crate) struct NoProxies;

impl ProxyFinder for NoProxies {
    fn proxies_for(&self, _: &url::Url, _: ProxyQuestion<'_>) -> Result<ProxyAnswer, ProxyFinderError> {
        Ok(ProxyAnswer { hops: vec![ProxyHop::Direct], source: ProxySource::Nobody })
    }
}

async fn open(
    settings: &Settings,
    folder: &TempDir,
    keys: &Arc<Keys>,
    clock: &Arc<TurnedClock>,
    browser: &Arc<FakeBrowser>,
    persistence: Persistence,
) -> Desk {
    let parts = Parts {
        keys: keys.clone(),
        browser: browser.clone(),
        clock: clock.clone(),
        random: Arc::new(Impatient(SystemRandom::default())),
        proxies: Arc::new(NoProxies),
        persistence,
    };
    Desk::open(settings.clone(), folder.path().join("data"), parts).await.unwrap()
}

/// Settings for a desk of this fake, with a free port to come back to.
pub(crate) fn settings(fake: &Fake, folder: &Path) -> Settings {
    let file = folder.join("desk.toml");
    std::fs::write(&file, settings_text(fake)).unwrap();
    Settings::read(&file).unwrap()
}

pub(crate) fn settings_text(fake: &Fake) -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!(
        "gateway_url = \"{}\"\nissuer_url = \"{}\"\nclient_id = \"ra-desk.practice\"\n\
         redirect_ports = \"{free}\"\ntrust = \"only\"\ntrust_ca = \"ca.pem\"\n",
        fake.url(),
        fake.issuer(),
    )
}
