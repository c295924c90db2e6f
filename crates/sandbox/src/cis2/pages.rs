//! The pages of the practice CIS2.

use contract::cis2::NrbacRole;
use contract::{AuthenticatorKind, CareIdentityUuid};
use maud::{Markup, html};

use super::assurance::{Asked, in_words};
use super::end::Told;
use super::session::Session;
use crate::pages::{Page, practice_page};
use crate::world::organisations::name_of;
use crate::world::ra_users::Group;
use crate::world::{Person, World};

/// The most people a filter shows.
const MOST_SHOWN: usize = 20;
/// From this number of roles on there is a search, as at CIS2.
const MANY_ROLES: usize = 6;

const GROUPS: [(Group, &str); 4] = [
    (Group::MayRegister, "May find people and register accounts"),
    (Group::MayLook, "May find people and look"),
    (Group::NoAccess, "Have no access to RA Desk"),
    (Group::GoesWrong, "Do not get through"),
];

/// *Who are you?*
pub(super) fn who(world: &World, back: &str, asked: Asked, filter: Option<&str>) -> Page {
    let found = filter.map(|filter| find(world, filter));
    let title = match &found {
        None => "Sign in with a Care Identity",
        Some((_, 0)) => "Nobody found – Sign in with a Care Identity",
        Some(_) => "People found – Sign in with a Care Identity",
    };
    let body = html! {
        h1 { "Sign in with a Care Identity" }
        p.lead { "Choose who you want to be. Everybody here is made up; pressing a name stands for their smartcard." }
        @if found.is_none() {
            p { a href="#filter" { "Find somebody else by name or UUID" } }
        }
        @if asked.accepts(AuthenticatorKind::NhsNetConnect) {
            section.panel {
                h2 { "With NHS.net Connect" }
                p { "For somebody whose NHS.net Connect account was registered with RA Desk and linked." }
                form method="post" action=(back) {
                    button.primary name="with" value=(AuthenticatorKind::NhsNetConnect.as_str()) {
                        "Sign in with NHS.net Connect"
                    }
                }
            }
        }
        @if let Some((people, all)) = &found {
            (filter_form(back, filter, "Find somebody else", "Name or Care Identity UUID"))
            (people_found(world, back, asked, people, *all))
        }
        @if found.is_none() {
            form method="post" action=(back) {
                @for (group, heading) in GROUPS {
                    section {
                        h2 { (heading) }
                        ul.choices {
                            @for user in world.cast().ra_users.iter().filter(|user| user.group == group) {
                                @if let Some(person) = world.person(&user.uuid) {
                                    li { (person_button(person, asked, &user.note)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if found.is_none() {
            (filter_form(back, None, "Find somebody else", "Name or Care Identity UUID"))
        }
        (cancel_form(back))
    };
    practice_page("sign-in", title, &body)
}

/// *In which role?*
pub(super) fn role(back: &str, name: &str, roles: &[NrbacRole], filter: Option<&str>) -> Page {
    let wanted = names::fold(filter.unwrap_or(""));
    let fits = |role: &&NrbacRole| {
        let text = format!("{} {} {}", role.short_name(), name_of(&role.org_code), role.org_code);
        names::fold(&text).contains(&wanted)
    };
    let shown: Vec<&NrbacRole> = roles.iter().filter(fits).collect();
    let body = html! {
        h1 { "Choose your role" }
        p.lead { "You are " strong { (name) } ". You have " (roles.len()) " roles." }
        @if roles.len() >= MANY_ROLES {
            (filter_form(back, filter, "Find a role", "Role, organisation or ODS code"))
        }
        @if shown.is_empty() {
            p { "No role fits that. " a href=(back) { "Show all roles" } }
        }
        form method="post" action=(back) {
            ul.choices {
                @for role in shown {
                    li {
                        button name="role" value=(role.person_roleid) {
                            span.name { (role.short_name()) }
                            span.detail { (name_of(&role.org_code)) " · " (role.org_code) }
                        }
                        p.note { (role.role_code) @for activity in &role.activity_codes { " · " (activity) } }
                    }
                }
            }
        }
        (cancel_form(back))
    };
    practice_page("choose-role", "Choose your role", &body)
}

/// The account opens no profile.
pub(super) fn not_registered(back: &str) -> Page {
    let body = html! {
        h1 { "This NHS.net Connect account is not registered" }
        p.lead { "You signed in to NHS.net Connect, but the account is not linked to a Care Identity profile." }
        p { "To link it: an RA user registers it in RA Desk, then its owner opens the link and signs in once." }
        p { a.action href=(back) { "Sign in another way" } }
    };
    practice_page("not-registered", "Account not registered", &body)
}

/// Asks before signing out.
pub(super) fn sign_out(somebody: bool) -> Page {
    let body = html! {
        h1 { "Sign out" }
        @if somebody {
            p { "You are signed in with a Care Identity in this browser." }
            form method="post" action="/cis2/connect/endSession" {
                button.primary name="sign-out" value="yes" { "Sign out" }
            }
        } @else {
            p { "Nobody is signed in with a Care Identity in this browser." }
        }
    };
    practice_page("sign-out", "Sign out", &body)
}

/// Signed out.
pub(super) fn signed_out(told: Told) -> Page {
    let body = html! {
        h1 { "You have signed out" }
        (told_words(told))
        p { "You may close this page." }
    };
    practice_page("signed-out", "Signed out", &body)
}

/// All live sessions, each with a button to end it.
pub(super) fn sessions(world: &World, sessions: &[Session], ended: Option<Told>) -> Page {
    let name = |uuid: &CareIdentityUuid| world.person(uuid).map(|person| person.profile.name.short());
    let body = html! {
        h1 { "Sessions at the issuer" }
        p.lead { "Ending one here is as if its person had signed out elsewhere: the gateway is told, and RA Desk \
                  finds its session ended at its next call." }
        @if let Some(told) = ended {
            div.panel role="status" { p { strong { "The session has ended." } } (told_words(told)) }
        }
        @if sessions.is_empty() {
            p { "Nobody is signed in." }
        } @else {
            form method="post" action="/cis2/sessions" {
                ul.choices {
                    @for session in sessions {
                        @let who = &session.who;
                        li {
                            p { strong { (name(&who.uuid).unwrap_or_default()) } " · " (who.uuid.grouped()) }
                            p.note {
                                (in_words(who.kind)) " · since " (who.auth_time.strftime("%H:%M:%S UTC"))
                                @for client in &session.clients { " · " (client) }
                            }
                            button name="end" value=(who.sid) {
                                "End this session elsewhere" span.hidden { " – " (name(&who.uuid).unwrap_or_default()) }
                            }
                        }
                    }
                }
            }
        }
        p { a href="/cis2/sessions" { "Look again" } }
    };
    practice_page("sessions", "Sessions at the issuer", &body)
}

fn told_words(told: Told) -> Markup {
    html! {
        @match told {
            Told::Nobody => p { "No program asked to be told." },
            Told::All => p { "The gateway was told and has ended its own session." },
            Told::NotAll => p { "The gateway was to be told, but did not answer as it must." },
        }
    }
}

fn people_found(world: &World, back: &str, asked: Asked, people: &[&Person], all: usize) -> Markup {
    html! {
        section {
            h2 {
                @match all { 0 => "Nobody found", 1 => "1 person found", n => { (n) " people found" } }
            }
            @if all > people.len() {
                p { "The first " (people.len()) " are shown. Say more to see fewer." }
            }
            form method="post" action=(back) {
                ul.choices {
                    @for person in people {
                        li { (person_button(person, asked, &note(world, person))) }
                    }
                }
            }
            p { a href=(back) { "Show the RA users again" } }
        }
    }
}

fn note(world: &World, person: &Person) -> String {
    let uuid = &person.profile.uuid;
    if let Some(user) = world.ra_user(uuid) {
        return user.note.clone();
    }
    let special = world.cast().worth_trying.iter().find(|special| special.uuid == *uuid);
    special.map(|special| special.note.clone()).unwrap_or_default()
}

/// A button for who can sign in, and the reason for who cannot.
fn person_button(person: &Person, asked: Asked, note: &str) -> Markup {
    let profile = &person.profile;
    let name = profile.name.short();
    let note_id = format!("note-{}", profile.uuid);
    html! {
        @match asked.choose(profile) {
            Some(kind) => button name="user" value=(profile.uuid) aria-describedby=[(!note.is_empty()).then_some(&note_id)] {
                span.name { (name) }
                span.detail { (in_words(kind)) " · " (profile.uuid.grouped()) }
            },
            None => p {
                strong { (name) } " · " (profile.uuid.grouped()) br;
                "No authenticator of theirs will do here, so they cannot sign in this way."
            },
        }
        @if !note.is_empty() { p.note id=(note_id) { (note) } }
    }
}

/// A form of its own: pressing Enter in the field must not press somebody's name.
fn filter_form(back: &str, filter: Option<&str>, heading: &str, label: &str) -> Markup {
    html! {
        form.filter method="post" action=(back) role="search" {
            label for="filter" { (heading) }
            p.hint id="filter-hint" { (label) }
            div.row {
                input id="filter" name="filter" type="search" autocomplete="off" spellcheck="false"
                    aria-describedby="filter-hint" value=(filter.unwrap_or(""));
                button { "Find" }
            }
        }
    }
}

fn cancel_form(back: &str) -> Markup {
    html! {
        form.foot method="post" action=(back) {
            button.quiet name="cancel" value="yes" { "Cancel and go back" }
        }
    }
}

/// The first people whose name has all the words, or whose UUID begins so; and how many there are.
fn find<'a>(world: &'a World, filter: &str) -> (Vec<&'a Person>, usize) {
    let digits: String = filter.chars().filter(char::is_ascii_digit).collect();
    let by_number = digits.len() >= 3 && filter.chars().all(|c| c.is_ascii_digit() || c == ' ');
    let folded = names::fold(filter);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let fits = |person: &&Person| {
        if by_number {
            return person.profile.uuid.as_str().starts_with(&digits);
        }
        let name = names::fold(&person.profile.name.short());
        !words.is_empty() && words.iter().all(|word| name.split(' ').any(|part| part.starts_with(word)))
    };
    let all = world.people().iter().filter(fits).count();
    (world.people().iter().filter(fits).take(MOST_SHOWN).collect(), all)
}
