//! Names every command, so that a window can be given exactly those it needs and no other exists.

/// In the order of `src/commands`. A test compares this list with the handlers and the capabilities.
const COMMANDS: &[&str] = &[
    "startup",
    "snapshot",
    "sign_in",
    "cancel_sign_in",
    "confirm_identity",
    "change_role",
    "sign_out",
    "touch",
    "proxy_sign_in",
    "find",
    "profile",
    "remove_authenticator",
    "start_draft",
    "draft",
    "set_draft_address",
    "set_draft_identity",
    "discard_draft",
    "restore_draft",
    "record",
    "outbox",
    "submission",
    "withdraw",
    "take_over",
    "correct",
    "confirm_recorded",
    "to_confirm",
    "send_now",
    "link_qr",
    "copy_link",
    "fresh_link",
    "watch_registration",
    "waiting_elsewhere",
    "offline",
    "set_pin",
    "remove_pin",
    "offline_people",
    "work_offline",
    "lock",
    "unlock",
    "shell",
    "leave_kiosk",
    "this_computer",
    "copy_diagnostics",
    "recovery",
    "recoveries",
    "acknowledge_recovery",
    "check_audit",
    "save_audit",
    "begin_new_audit",
];

fn main() {
    let attributes = tauri_build::Attributes::new().app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
        std::process::exit(1);
    }
}
