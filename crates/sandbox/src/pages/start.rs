//! The start page: what this world is and what is worth trying in it.

use contract::BirthDate;
use maud::html;

use super::{Page, practice_page};
use crate::settings::SandboxSettings;
use crate::world::World;
use crate::world::organisations::{TRUST, name_of};
use crate::world::people::{COMMON_COUNT, COMMON_FAMILY};

pub(super) fn page(world: &World, settings: &SandboxSettings) -> Page {
    let body = html! {
        h1 { "The practice world" }
        p.lead {
            "A sign-in that behaves like NHS CIS2, a stand-in for NHS.net Connect, and " (thousands(world.people().len()))
            " made-up people, for trying RA Desk without touching anything real."
        }
        nav aria-label="Pages" {
            ul.links {
                li { a href="/try" { "Try signing in" } " as somebody whose account was registered and linked" }
                li { a href="/cis2/sessions" { "Sessions at the issuer" } ", each with a button to end it elsewhere" }
                li { a href="#people" { "People to register" } }
                li { a href="#ra-users" { "RA users to sign in as" } }
                li { a href="#other" { "Other things to try" } }
            }
        }
        h2 id="people" { "People to register" }
        p { "Find them in RA Desk by UUID or by name." }
        ul.cards {
            @for special in &world.cast().worth_trying {
                @if let Some(person) = world.person(&special.uuid) {
                    li {
                        h3 { (person.profile.name.short()) }
                        p.note { (special.note) }
                        dl {
                            div { dt { "UUID" } dd { code { (special.uuid) } } }
                            div { dt { "Born" } dd { (born(person.profile.birth_date)) } }
                            div { dt { "Address" } dd { code { (special.address) } } }
                            @if let Some(nino) = &person.nino {
                                div { dt { "NI number (made up)" } dd { code { (nino) } } }
                            }
                        }
                    }
                }
            }
        }
        h2 id="ra-users" { "RA users to sign in as" }
        p { "They stand on the sign-in page with a button each." }
        ul.cards {
            @for user in &world.cast().ra_users {
                @if let Some(person) = world.person(&user.uuid) {
                    li {
                        h3 { (person.profile.name.short()) }
                        p.note { (user.note) }
                        dl { div { dt { "UUID" } dd { code { (user.uuid) } } } }
                    }
                }
            }
        }
        h2 id="other" { "Other things to try" }
        ul {
            li {
                "Too many: family name " strong { (COMMON_FAMILY) } " at " code { (TRUST) } " (" (name_of(TRUST))
                ") is " (COMMON_COUNT) " people or more, and at most 50 are shown. Add a given name."
            }
            li { "Nobody: any UUID that does not begin with 999." }
            li { "The wrong account: open a person's link and sign in as somebody else." }
            li { "The right one: complete the link, then " a href="/try" { "try signing in" } "." }
        }
        h2 { "For programs" }
        dl {
            div { dt { "Issuer" } dd { code { (settings.url) "/cis2" } } }
            div { dt { "NHS.net Connect" } dd { code { (settings.url) "/nhsnet" } } }
            div { dt { "Gateway" } dd { code { (settings.gateway_url) } } }
        }
    };
    practice_page("start", "Start", &body)
}

fn born(date: BirthDate) -> String {
    let text = date.date().strftime("%-d %B %Y").to_string();
    if date.is_known() { text } else { format!("not known ({text})") }
}

/// A number as people write it: 2,000.
fn thousands(number: usize) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", thousands(number / 1_000), number % 1_000) }
}
