//! The pages of the stand-in for NHS.net Connect.

use contract::NhsNetAddress;
use maud::{Markup, html};

use super::sign_in::Fault;
use crate::pages::{Page, practice_page};

/// Address and password.
pub(super) fn address(back: &str, typed: &str, faults: &[Fault]) -> Page {
    let title = if faults.is_empty() { "Sign in to NHS.net Connect" } else { "Error: Sign in to NHS.net Connect" };
    let body = html! {
        (summary(faults))
        h1 { "Sign in to NHS.net Connect" }
        p.lead { "A stand-in for the real sign-in. It knows the made-up accounts of the practice world." }
        form method="post" action=(back) novalidate {
            div.field {
                label for="address" { "NHS.net Connect address" }
                p.hint id="address-hint" { "For example sam.taylor@nhs.net" }
                (fault_of(faults, "address"))
                input id="address" name="address" type="email" autocomplete="off" spellcheck="false" autofocus[faults.is_empty()]
                    aria-describedby=(described("address", faults)) aria-invalid=[invalid("address", faults)]
                    value=(typed);
            }
            div.field {
                label for="password" { "Password" }
                p.hint id="password-hint" {
                    "Any made-up password will do, for example " code { "practice" } ". Never type a real one."
                }
                (fault_of(faults, "password"))
                input id="password" name="password" type="password" autocomplete="off"
                    aria-describedby=(described("password", faults)) aria-invalid=[invalid("password", faults)];
            }
            div.buttons { button.primary name="sign-in" value="yes" { "Sign in" } }
        }
        (cancel(back))
    };
    practice_page("nhs-net-sign-in", title, &body)
}

/// The number to match.
pub(super) fn approve(back: &str, address: &NhsNetAddress, number: u8) -> Page {
    let body = html! {
        h1 { "Approve the sign-in" }
        p.lead { "Signing in as " strong { (address) } "." }
        p { "In life your phone now asks you for this number. Here, pressing the button stands for that." }
        p.number { (number) }
        form method="post" action=(back) {
            div.buttons { button.primary name="approve" value="yes" { "Approve, as if on my phone" } }
        }
        (cancel(back))
    };
    practice_page("nhs-net-approve", "Approve the sign-in", &body)
}

/// Signed out.
pub(super) async fn signed_out() -> Page {
    let body = html! {
        h1 { "You have signed out of NHS.net Connect" }
        p { "Nothing was kept. You may close this page." }
    };
    practice_page("nhs-net-signed-out", "Signed out", &body)
}

fn summary(faults: &[Fault]) -> Markup {
    html! {
        @if !faults.is_empty() {
            div.summary role="alert" tabindex="-1" autofocus {
                h2 { "There is a problem" }
                ul { @for fault in faults { li { a href={ "#" (fault.field) } { (fault.message) } } } }
            }
        }
    }
}

fn fault_of(faults: &[Fault], field: &str) -> Markup {
    html! {
        @if let Some(fault) = faults.iter().find(|fault| fault.field == field) {
            p.error id={ (field) "-error" } { span.hidden { "Error: " } (fault.message) }
        }
    }
}

fn described(field: &str, faults: &[Fault]) -> String {
    let hint = format!("{field}-hint");
    if faults.iter().any(|fault| fault.field == field) { format!("{hint} {field}-error") } else { hint }
}

fn invalid(field: &str, faults: &[Fault]) -> Option<&'static str> {
    faults.iter().any(|fault| fault.field == field).then_some("true")
}

fn cancel(back: &str) -> Markup {
    html! {
        form.foot method="post" action=(back) { button.quiet name="cancel" value="yes" { "Cancel" } }
    }
}
