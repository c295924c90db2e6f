//! The two steps of signing in.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use contract::NhsNetAddress;
use gateway::directory_file::AccountState;
use serde::Deserialize;

use super::{Holder, pages};
use crate::pages::{go, problem};
use crate::provider::AuthorizationRequest;
use crate::serve::Practice;

/// A sign-in under way.
#[derive(Clone)]
pub(super) struct SignIn {
    request: AuthorizationRequest,
    /// The account, once address and password were right.
    address: Option<NhsNetAddress>,
}

impl SignIn {
    pub(super) const fn new(request: AuthorizationRequest) -> Self {
        Self { request, address: None }
    }
}

/// What was typed or pressed.
#[derive(Deserialize, Default)]
pub(super) struct Pressed {
    address: Option<String>,
    password: Option<String>,
    approve: Option<String>,
    cancel: Option<String>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) field: &'static str,
    pub(super) message: &'static str,
}

/// Where the pages of a sign-in are.
pub(super) fn path(name: &str) -> String {
    format!("/nhsnet/sign-in/{name}")
}

/// `GET /nhsnet/sign-in/…`.
pub(super) async fn show(State(practice): State<Arc<Practice>>, Path(name): Path<String>) -> Response {
    match practice.nhs_net.sign_ins.look(&name, practice.now()) {
        Some(SignIn { address: None, .. }) => pages::address(&path(&name), "", &[]).into_response(),
        Some(SignIn { address: Some(address), .. }) => {
            pages::approve(&path(&name), &address, number(&name)).into_response()
        }
        None => over(),
    }
}

/// `POST /nhsnet/sign-in/…`.
pub(super) async fn answer(
    State(practice): State<Arc<Practice>>,
    Path(name): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    let now = practice.now();
    let provider = &practice.nhs_net.provider;
    let Some(sign_in) = practice.nhs_net.sign_ins.look(&name, now) else { return over() };
    if pressed.cancel.is_some() {
        practice.nhs_net.sign_ins.take(&name, now);
        let refused = sign_in.request.refused("access_denied", "The person chose not to sign in");
        return go(refused.url(provider.issuer()).as_str());
    }
    match sign_in {
        SignIn { address: Some(_), .. } if pressed.approve.is_some() => {
            // Taken, not looked at: pressing twice gives one code.
            let Some(SignIn { request, address: Some(address) }) = practice.nhs_net.sign_ins.take(&name, now) else {
                return over();
            };
            let code = provider.grant(request.clone(), Holder { address, auth_time: now }, now);
            go(request.with_code(provider.issuer(), &code).as_str())
        }
        SignIn { request, .. } if pressed.address.is_some() => {
            let typed = pressed.address.unwrap_or_default();
            match check(&practice, &typed, pressed.password.as_deref().unwrap_or("")) {
                Ok(address) => {
                    let sign_in = SignIn { request, address: Some(address) };
                    practice.nhs_net.sign_ins.put_as(&name, sign_in, now);
                    go(&path(&name))
                }
                Err(faults) => pages::address(&path(&name), &typed, &faults).into_response(),
            }
        }
        _ => go(&path(&name)),
    }
}

/// Any password will do, but there must be one; the account must be there and be somebody's in use.
fn check(practice: &Practice, typed: &str, password: &str) -> Result<NhsNetAddress, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut fault = |field, message| faults.push(Fault { field, message });
    let address = match typed.parse::<NhsNetAddress>() {
        Ok(address) => match practice.world.account(&address) {
            None => {
                fault("address", "There is no account with this address.");
                None
            }
            Some(account) if account.shared_mailbox => {
                fault("address", "This is a shared mailbox. Nobody signs in with it; use your own account.");
                None
            }
            Some(account) => match account.state {
                AccountState::Active => Some(address),
                AccountState::Inactive => {
                    fault("address", "This account is inactive, so you cannot sign in. Ask your local administrator.");
                    None
                }
                AccountState::Disabled => {
                    fault("address", "This account is disabled, so you cannot sign in. Ask your local administrator.");
                    None
                }
            },
        },
        Err(invalid) => {
            fault("address", invalid.message);
            None
        }
    };
    if password.is_empty() {
        fault("password", "Enter a password. Any made-up one will do.");
    }
    match address {
        Some(address) if faults.is_empty() => Ok(address),
        _ => Err(faults),
    }
}

/// The number to match: two digits, always the same for one sign-in.
fn number(name: &str) -> u8 {
    let sum = name.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    10 + sum % 90
}

fn over() -> Response {
    let why = "It is finished already, or it was left for more than 10 minutes. Go back to where you came from.";
    (StatusCode::GONE, problem("This sign-in is over", why)).into_response()
}
