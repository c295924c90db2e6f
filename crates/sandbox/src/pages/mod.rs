//! The frame around every page of the sandbox, the start page, and the page for what is not there.
//!
//! Plain HTML without scripts: it must work in any browser, from the keyboard, with a screen reader, at 320 pixels.

mod start;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};

use crate::serve::Practice;

/// A whole page.
pub(crate) type Page = Html<String>;

/// `/` and the stylesheet.
pub(crate) fn routes() -> Router<Arc<Practice>> {
    Router::new().route("/", get(start_page)).route("/practice.css", get(stylesheet))
}

/// Puts the frame around a page. `name` is for tests, as `data-page` on the body.
pub(crate) fn practice_page(name: &str, title: &str, body: &Markup) -> Page {
    let page = html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { (title) " – Practice" }
                link rel="stylesheet" href="/practice.css";
                link rel="icon" href="data:,";
            }
            body data-page=(name) {
                a.skip href="#main" { "Skip to main content" }
                header {
                    div.inner {
                        p.brand { a href="/" { "RA Desk practice world" } }
                        p.mark { "Practice – made-up people" }
                    }
                }
                main id="main" tabindex="-1" { (body) }
                footer {
                    div.inner {
                        p { "Nothing here is real and nothing leaves this computer. Never type a real password." }
                    }
                }
            }
        }
    };
    Html(page.into_string())
}

/// A page that says what went wrong and what to do.
pub(crate) fn problem(title: &str, why: &str) -> Page {
    practice_page("problem", title, &html! { h1 { (title) } p.lead { (why) } })
}

/// Sends the browser on. Always `303 See Other`, so that a form is never sent a second time.
pub(crate) fn go(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Whatever no route answers.
pub(crate) async fn not_found() -> Response {
    let page = problem("There is no such page", "Check the address, or begin at the start page of the practice world.");
    (StatusCode::NOT_FOUND, page).into_response()
}

async fn start_page(State(practice): State<Arc<Practice>>) -> Page {
    start::page(&practice.world, &practice.settings)
}

async fn stylesheet() -> impl IntoResponse {
    let kind = (header::CONTENT_TYPE, "text/css; charset=utf-8");
    ([kind, (header::CACHE_CONTROL, "max-age=60")], include_str!("practice.css"))
}
