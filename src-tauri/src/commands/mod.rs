//! The page's commands. Each is one call into [`Desk`] and one conversion; nothing is decided here.
//!
//! Grouped as the desk is: who is signed in, finding people, drafts and submissions, work without a connection.

mod computer;
mod elsewhere;
mod offline;
mod outbox;
mod people;
mod session;
mod shell;

use desk::{Desk, OpenError};
use tauri_specta::{Builder, collect_commands, collect_events};

use crate::ipc::{Code, DeskChanged, Fault};

/// What a command gives back.
type Answer<T> = Result<T, Fault>;

/// The desk, or why it could not be opened.
pub struct Opened(pub Result<Desk, OpenError>);

impl Opened {
    /// The desk. Where it could not be opened, the page was told so and calls nothing but `startup`.
    fn desk(&self) -> Answer<&Desk> {
        self.0.as_ref().map_err(Fault::from)
    }
}

/// Every command and event, as the window and the page's types know them.
pub fn builder() -> Builder<tauri::Wry> {
    Builder::new()
        // One type for both directions: no field has another shape when it is read than when it is written.
        .disable_serde_phases()
        .commands(collect_commands![
            session::startup,
            session::snapshot,
            session::sign_in,
            session::cancel_sign_in,
            session::confirm_identity,
            session::change_role,
            session::sign_out,
            session::touch,
            session::proxy_sign_in,
            people::find,
            people::profile,
            people::remove_authenticator,
            outbox::start_draft,
            outbox::draft,
            outbox::set_draft_address,
            outbox::set_draft_identity,
            outbox::discard_draft,
            outbox::restore_draft,
            outbox::record,
            outbox::outbox,
            outbox::submission,
            outbox::withdraw,
            outbox::take_over,
            outbox::correct,
            outbox::confirm_recorded,
            outbox::to_confirm,
            outbox::send_now,
            outbox::link_qr,
            outbox::copy_link,
            outbox::fresh_link,
            outbox::watch_registration,
            elsewhere::waiting_elsewhere,
            offline::offline,
            offline::set_pin,
            offline::remove_pin,
            offline::offline_people,
            offline::work_offline,
            offline::lock,
            offline::unlock,
            shell::shell,
            shell::leave_kiosk,
            computer::this_computer,
            computer::copy_diagnostics,
            computer::recovery,
            computer::recoveries,
            computer::acknowledge_recovery,
            computer::check_audit,
            computer::save_audit,
            computer::begin_new_audit,
        ])
        .events(collect_events![DeskChanged])
}

/// A name from the page. One that cannot be read names nothing.
pub(crate) fn named<T: std::str::FromStr>(text: &str) -> Answer<T> {
    text.parse().map_err(|_| Fault::new(Code::NotFound, "there is nothing of that name"))
}
