//! Which modules there are, what must come of each, and what a run says of them.

use std::pin::Pin;
use std::time::{Duration, Instant};

use desk::{Cause, Check, SignInError};
use tests::Outcome;

use crate::hostile::{Manners, Who};
use crate::stand::Stand;

type Going = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What must come of a module.
#[derive(Clone, Copy)]
pub enum Must {
    /// An ID token that nobody may believe. Gateway and desk each refuse it, by these names.
    RefuseIdToken {
        /// What the issuer does.
        manners: fn() -> Manners,
        /// How the gateway puts it.
        gateway: &'static str,
        /// Which of the desk's checks fails.
        desk: Check,
    },
    /// Something of its own, which is said in words.
    Own {
        /// Who plays the part.
        at: &'static str,
        /// What comes of it.
        comes: &'static str,
        /// The test.
        run: fn() -> Going,
    },
}

/// One module: a test by the name others know it under.
#[derive(Clone, Copy)]
pub struct Module {
    /// Its name.
    pub name: &'static str,
    /// What must come of it.
    pub must: Must,
}

/// Modules that belong together.
pub struct Group {
    /// In the words of the page.
    pub title: &'static str,
    /// Its modules.
    pub modules: &'static [Module],
}

/// A module of its own.
#[macro_export]
macro_rules! own {
    ($name:literal, $at:literal, $comes:literal, $run:path) => {
        $crate::table::Module {
            name: $name,
            must: $crate::table::Must::Own { at: $at, comes: $comes, run: || Box::pin($run()) },
        }
    };
}

/// A module in which an ID token is not to be believed.
#[macro_export]
macro_rules! bad {
    ($name:literal, $gateway:literal, $check:ident, $manners:expr) => {
        $crate::table::Module {
            name: $name,
            must: $crate::table::Must::RefuseIdToken {
                manners: || $manners,
                gateway: $gateway,
                desk: desk::Check::$check,
            },
        }
    };
}

impl Module {
    /// Runs it.
    pub async fn run(self) -> Outcome {
        match self.must {
            Must::RefuseIdToken { manners, gateway, desk } => {
                the_gateway_refuses(manners(), gateway).await?;
                the_desk_refuses(&manners(), desk).await
            }
            Must::Own { run, .. } => run().await,
        }
    }

    /// Its line in the page.
    pub fn line(&self) -> String {
        match self.must {
            Must::RefuseIdToken { gateway, desk, .. } => format!(
                "| `{}` | gateway, desk | refused by the gateway: *{gateway}*; by the desk: *{desk}* |\n",
                self.name
            ),
            Must::Own { at, comes, .. } => format!("| `{}` | {at} | {comes} |\n", self.name),
        }
    }
}

/// The issuer gives the gateway such a token.
async fn the_gateway_refuses(manners: Manners, reason: &str) -> Outcome {
    let stand = Stand::with(manners).await?;
    let cause = stand.sign_in().await.expect_err("the gateway refuses");
    assert_eq!(cause, Cause::SignIn(SignInError::Denied("SIGN_IN_REFUSED".into())));
    assert_eq!(stand.between.last_fault()?, (contract::FaultCode::SignInRefused, reason.to_owned()));
    assert_eq!(stand.issuer.count(Who::Gateway, "/userinfo"), 0, "a bad token is not used");
    assert_eq!(stand.issuer.count(Who::Desk, "/userinfo"), 0, "the desk never asks");
    stand.nobody().await
}

/// The gateway was given a good token and gives the desk such a one.
async fn the_desk_refuses(manners: &Manners, check: Check) -> Outcome {
    let shown = Manners { keys: manners.keys.clone(), keys_for: Some(Who::Desk), ..Manners::default() };
    let stand = Stand::with(shown).await?;
    let begun = stand.begin().await?;
    let back = crate::stand::sent_back(&begun.url).await?;
    stand.is_given_instead(manners.clone());
    let page = crate::stand::visit(&back).await?;
    assert_eq!(page.status, 200, "the answer is taken");
    let cause = begun.end().await?.expect_err("the desk refuses");
    assert_eq!(cause, Cause::SignIn(SignInError::Rejected(check)));
    let session = stand.desk.snapshot().await?.session;
    assert!(matches!(session, desk::SessionNow::SignedOut { .. }), "nobody is signed in, but: {session:?}");
    let bearer = stand.between.calls().into_iter().filter(|said| said.path.starts_with("/v1/")).count();
    assert_eq!(bearer, 0, "the desk uses none of the tokens that came with it");
    stand.desk.until_gateway_is_told(Duration::from_secs(20)).await;
    assert_eq!(stand.open_sessions()?, 0, "and gives the session back that the gateway began");
    stand.nothing_is_kept()
}

/// How one module went.
pub struct Row {
    /// The module.
    pub name: &'static str,
    /// Why it failed, if it did.
    pub failure: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// Runs one module and says how it went.
pub async fn judge(module: Module) -> Row {
    let started = Instant::now();
    // A task of its own: a failed assertion ends it and nothing else.
    let going = tokio::spawn(async move { tokio::time::timeout(Duration::from_secs(120), module.run()).await });
    let failure = match going.await {
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(error))) => Some(error.to_string()),
        Ok(Err(_)) => Some("no end within two minutes".to_owned()),
        Err(panic) => Some(
            panic
                .try_into_panic()
                .ok()
                .and_then(|panic| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "an assertion failed".to_owned()),
        ),
    };
    Row { name: module.name, failure, took: started.elapsed() }
}
