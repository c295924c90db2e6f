//! The words of the user's pages, and the one frame around them.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use url::Url;

use crate::gateway::Gateway;

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Page {
    /// The link can be used. The address is masked: enough to choose the right account.
    Open {
        address: String,
    },
    Linked,
    /// Another account signed in; so many attempts are left.
    WrongAccount {
        address: String,
        left: u32,
        again: Again,
    },
    Expired,
    Unknown,
    Ended,
    AlreadyLinked,
    Cancelled {
        again: Again,
    },
    Failed,
    /// Too many people at once.
    Busy,
}

/// The secret part of the user's link, to lead them back to its page: they have left it to sign in.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Again(pub(super) String);

impl std::fmt::Debug for Again {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Page {
    /// What tests and screen scripts know the page by.
    const fn result(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Linked => "linked",
            Self::WrongAccount { .. } => "wrong_account",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
            Self::Ended => "ended",
            Self::AlreadyLinked => "already_linked",
            Self::Cancelled { .. } => "cancelled",
            Self::Failed => "failed",
            Self::Busy => "busy",
        }
    }

    const fn heading(&self) -> &'static str {
        match self {
            Self::Open { .. } => "Link your NHS.net Connect account",
            Self::Linked => "Your account is linked",
            Self::WrongAccount { .. } => "You signed in with a different account",
            Self::Expired => "This link has expired",
            Self::Unknown => "We do not know this link",
            Self::Ended => "This link has ended",
            Self::AlreadyLinked => "Your account is already linked",
            Self::Cancelled { .. } => "You cancelled signing in",
            Self::Failed => "Signing in did not work",
            Self::Busy => "Too many people are signing in at the moment",
        }
    }

    /// The paragraphs below the heading. Everything in them is ours, or escaped.
    fn words(&self) -> String {
        let paragraphs: Vec<String> = match self {
            Self::Open { address } => vec![
                "Your Registration Authority has registered your NHS.net Connect account (formerly NHSmail) on your \
                 Care Identity profile. Sign in once to show that the account is yours."
                    .into(),
                format!("Sign in with <strong>{}</strong>.", escape(address)),
            ],
            Self::Linked => vec![
                "From now on you can sign in with NHS.net Connect wherever it is accepted. Some systems still need a \
                 smartcard or another authenticator."
                    .into(),
                "You can close this page.".into(),
            ],
            Self::WrongAccount { address, left, .. } => vec![
                format!(
                    "Nothing was linked. The account you signed in with is not the registered one, \
                     <strong>{}</strong>.",
                    escape(address)
                ),
                format!(
                    "Try again and choose that account. You can try {left} more {}.",
                    if *left == 1 { "time" } else { "times" }
                ),
                "If that is not your account, tell the person who gave you the link.".into(),
            ],
            Self::Expired => vec!["Nothing was linked. Ask the person who gave you the link for a new one.".into()],
            Self::Unknown => vec![
                "Check that you opened the whole link. If you were given a newer one, use that one.".into(),
                "Otherwise ask the person who gave you the link for a new one.".into(),
            ],
            Self::Ended => {
                vec!["It cannot be used any more. Ask the person who gave you the link for a new one.".into()]
            }
            Self::AlreadyLinked => vec![
                "There is nothing more to do: you can sign in with NHS.net Connect wherever it is accepted.".into(),
                "If it was not you who linked it, tell your Registration Authority at once.".into(),
            ],
            Self::Cancelled { .. } => vec!["Nothing was linked. Try again when you are ready.".into()],
            Self::Failed => vec![
                "Nothing was linked, and your link still works. Open it again and finish signing in within 10 \
                 minutes, in the same browser."
                    .into(),
                "If it goes on not working, tell the person who gave you the link.".into(),
            ],
            Self::Busy => {
                vec!["Nothing was linked, and your link still works. Open it again in a minute.".into()]
            }
        };
        paragraphs.iter().map(|words| format!("<p>{words}</p>\n")).collect()
    }
}

const STYLE: &str = "\
*{box-sizing:border-box}\
body{margin:0;background:#f0f4f5;color:#212b32;font:1.1875rem/1.5 Arial,sans-serif}\
header{background:#005eb8;color:#fff;padding:1rem}\
header p,main{max-width:40rem;margin:0 auto}\
header p{font-weight:700}\
main{max-width:42rem;padding:1.5rem 1rem}\
h1{font-size:1.75rem;line-height:1.25;margin:0 0 1rem}\
p{margin:0 0 1rem;overflow-wrap:anywhere}\
button,.button{background:#007f3b;color:#fff;border:0;border-radius:4px;box-shadow:0 4px 0 #00401e;\
display:inline-block;font:inherit;font-weight:700;padding:.75rem 1rem;min-height:44px;width:100%;cursor:pointer;\
text-align:center;text-decoration:none}\
button:focus,.button:focus{outline:4px solid #212b32;background:#ffeb3b;color:#212b32;outline-offset:0}\
@media (min-width:40rem){button,.button{width:auto}}";

static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes())));

/// A page as an answer.
pub(super) fn page(gateway: &Gateway, status: StatusCode, page: &Page) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        *STYLE_HASH,
        sign_in_origin(gateway)
    );
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (header::CONTENT_SECURITY_POLICY, policy)];
    (status, headers, html(page)).into_response()
}

/// Browsers hold a form to its policy also where the answer sends them on.
fn sign_in_origin(gateway: &Gateway) -> String {
    match Url::parse(gateway.nhs_net.issuer()) {
        Ok(url) if url.scheme() == "http" => url.origin().ascii_serialization(),
        _ => "https:".into(),
    }
}

fn html(page: &Page) -> String {
    let (heading, result, words) = (page.heading(), page.result(), page.words());
    let form = match page {
        Page::Open { .. } => "<form method=\"post\"><button name=\"continue\" value=\"yes\">\
             Sign in with NHS.net Connect</button></form>\n"
            .to_owned(),
        // From `/link/callback` to `/link/{token}`.
        Page::WrongAccount { again, .. } | Page::Cancelled { again } => {
            format!("<p><a class=\"button\" href=\"{}\">Try again</a></p>\n", escape(&again.0))
        }
        _ => String::new(),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{heading} – Care Identity registration</title>\n\
         <style>{STYLE}</style>\n</head>\n<body data-result=\"{result}\">\n\
         <header><p>Care Identity registration</p></header>\n<main>\n<h1>{heading}</h1>\n{words}{form}</main>\n\
         </body>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_whole_and_brings_nothing_from_elsewhere() {
        let address = || "sa…@nhs.net".to_owned();
        let again = || Again("secret".into());
        let pages = [
            Page::Open { address: address() },
            Page::Linked,
            Page::WrongAccount { address: address(), left: 1, again: again() },
            Page::Expired,
            Page::Unknown,
            Page::Ended,
            Page::AlreadyLinked,
            Page::Cancelled { again: again() },
            Page::Failed,
            Page::Busy,
        ];
        for page in pages {
            let html = html(&page);
            assert!(html.contains("<html lang=\"en-GB\">") && html.contains("<title>"), "{page:?}");
            assert_eq!(html.matches("<h1>").count(), 1, "{page:?}");
            for foreign in ["http", "src=", "<script", "<link", "url(", "@import"] {
                assert!(!html.contains(foreign), "{foreign} in {page:?}");
            }
            assert_eq!(html.contains("<form"), page.result() == "open", "{page:?}");
            let leads_back = ["wrong_account", "cancelled"].contains(&page.result());
            assert_eq!(html.contains("href=\"secret\""), leads_back, "{page:?}");
            assert!(!format!("{page:?}").contains("secret"), "{page:?}");
        }
    }

    #[test]
    fn nothing_in_an_address_becomes_markup() {
        let html = html(&Page::Open { address: "<b>o'x\"&".into() });
        assert!(html.contains("&lt;b&gt;o&#39;x&quot;&amp;"));
    }
}
