//! What the IT desk of an organisation may want to hear of: start, stop, and what bears on security.
//!
//! All of it is one list, [`SecurityEvent`]. Each goes to the log files, and to the system's own log: the Application
//! log on Windows (source *RA Desk*), the system log on Linux.
//!
//! No event says who: a Care Identity UUID, a name and even a role at a small practice tell of one person, and the
//! system's log is read by many and kept long. Who did what stands in the audit, which is encrypted.

mod events;
mod system;

pub use events::{OLD_DAYS, SecurityEvent, Severity, table};

/// Tells of an event. Nothing that goes wrong with it stops RA Desk.
pub fn tell(event: &SecurityEvent) {
    let (id, text) = (event.id(), event.text());
    match event.severity() {
        Severity::Information => tracing::info!(event_id = id, "{text}"),
        Severity::Warning => tracing::warn!(event_id = id, "{text}"),
        Severity::Error => tracing::error!(event_id = id, "{text}"),
    }
    system::report(event.severity(), id, &text);
}
