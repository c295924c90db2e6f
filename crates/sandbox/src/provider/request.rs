//! What a client asks of an authorization endpoint.

use std::collections::BTreeSet;

use url::Url;

use super::clients::Clients;

/// A checked authorization request: the client and its return address are known.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: Url,
    pub(crate) redirect_text: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) acr_values: Vec<String>,
    pub(crate) prompt: Prompt,
    /// Seconds since the person last signed in, at most.
    pub(crate) max_age: Option<i64>,
    /// S256 challenge of PKCE.
    pub(crate) challenge: Option<String>,
}

/// Whether the person is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// Where needed.
    AsNeeded,
    /// In any case.
    Ask,
    /// In no case.
    Never,
}

/// Why a request goes no further.
#[derive(Debug)]
pub(crate) enum Rejected {
    /// Client or return address are not known: only the person in front of the page is told.
    Here(&'static str),
    /// The client is told.
    There(Box<Return>),
}

/// Where a person is sent with an answer.
#[derive(Debug, Clone)]
pub(crate) struct Return {
    redirect_uri: Url,
    state: Option<String>,
    error: &'static str,
    description: &'static str,
}

impl AuthorizationRequest {
    /// Checks the query of an authorization request.
    pub(crate) fn parse(query: &str, clients: &Clients) -> Result<Self, Rejected> {
        let mut given: Vec<(String, String)> = Vec::new();
        let mut twice = false;
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            twice |= given.iter().any(|(known, _)| *known == name);
            given.push((name.into_owned(), value.into_owned()));
        }
        let value = |name: &str| {
            given.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).filter(|v| !v.is_empty())
        };
        if twice {
            // Which of two return addresses counts is exactly what an attacker would like to differ about.
            return Err(Rejected::Here("A parameter of this sign-in request was given twice."));
        }
        let Some(client) = value("client_id").and_then(|id| clients.get(&id).map(|client| (id, client))) else {
            return Err(Rejected::Here("The program that asked for this sign-in is not known here."));
        };
        let (client_id, client) = client;
        let redirect_text = value("redirect_uri").unwrap_or_default();
        if !client.redirect_uris.contains(&redirect_text) {
            return Err(Rejected::Here("The address to return to is not one that was agreed with the program."));
        }
        let Ok(redirect_uri) = Url::parse(&redirect_text) else {
            return Err(Rejected::Here("The address to return to is not an address."));
        };
        let state = value("state");
        let there = |error, description| {
            let (redirect_uri, state) = (redirect_uri.clone(), state.clone());
            Err(Rejected::There(Box::new(Return { redirect_uri, state, error, description })))
        };

        if value("response_type").as_deref() != Some("code") {
            return there("unsupported_response_type", "Only the authorization code flow is offered");
        }
        if value("response_mode").is_some_and(|mode| mode != "query") {
            return there("invalid_request", "response_mode must be query");
        }
        let scopes: BTreeSet<String> =
            value("scope").unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect();
        if !scopes.contains("openid") {
            return there("invalid_scope", "scope must contain openid");
        }
        let challenge = value("code_challenge");
        let method = value("code_challenge_method");
        match (&challenge, method.as_deref()) {
            (None, None) => {}
            (Some(challenge), Some("S256")) if is_challenge(challenge) => {}
            _ => return there("invalid_request", "PKCE must use S256"),
        }
        let prompts = value("prompt").unwrap_or_default();
        let prompts: BTreeSet<&str> = prompts.split_ascii_whitespace().collect();
        let prompt = match (prompts.contains("none"), prompts.len()) {
            (true, 1) => Prompt::Never,
            (true, _) => return there("invalid_request", "prompt none goes with no other"),
            (false, _) if prompts.contains("login") || prompts.contains("select_account") => Prompt::Ask,
            (false, _) => Prompt::AsNeeded,
        };
        let max_age = match value("max_age").map(|age| age.parse::<u32>()) {
            None => None,
            Some(Ok(age)) => Some(i64::from(age)),
            Some(Err(_)) => return there("invalid_request", "max_age is a number of seconds"),
        };
        let nonce = value("nonce");
        let acr_values = value("acr_values").unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect();
        Ok(Self {
            client_id,
            redirect_uri,
            redirect_text,
            state,
            nonce,
            scopes,
            acr_values,
            prompt,
            max_age,
            challenge,
        })
    }

    /// Whether a scope is asked for.
    pub(crate) fn asks(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// Where to send the person with a code.
    pub(crate) fn with_code(&self, issuer: &str, code: &str) -> Url {
        answer(&self.redirect_uri, self.state.as_deref(), issuer, &[("code", code)])
    }

    /// Where to send the person when it did not come to a code.
    pub(crate) fn refused(&self, error: &'static str, description: &'static str) -> Return {
        let (redirect_uri, state) = (self.redirect_uri.clone(), self.state.clone());
        Return { redirect_uri, state, error, description }
    }
}

impl Return {
    /// The address, with the error in it.
    pub(crate) fn url(&self, issuer: &str) -> Url {
        let told = [("error", self.error), ("error_description", self.description)];
        answer(&self.redirect_uri, self.state.as_deref(), issuer, &told)
    }
}

/// Every answer says whose it is (RFC 9207), so that it cannot be taken for another issuer's.
fn answer(redirect_uri: &Url, state: Option<&str>, issuer: &str, told: &[(&str, &str)]) -> Url {
    let mut url = redirect_uri.clone();
    let mut query = url.query_pairs_mut();
    query.extend_pairs(told);
    if let Some(state) = state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", issuer);
    drop(query);
    url
}

/// 43 characters of URL-safe base64, which is what SHA-256 comes to (RFC 7636 §4.2).
fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
