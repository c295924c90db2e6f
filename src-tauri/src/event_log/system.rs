//! The system's own log.

use super::Severity;

/// What events are filed under.
#[cfg(windows)]
const SOURCE: windows::core::PCWSTR = windows::core::w!("RA Desk");

/// Puts an event into the Application log. The installer registers the source with Windows' own `EventCreate.exe` as
/// the file of its texts, which shows one string for each number from 1 to 1000.
#[cfg(windows)]
pub fn report(severity: Severity, id: u16, text: &str) {
    use windows::Win32::System::EventLog::{
        DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE,
        RegisterEventSourceW, ReportEventW,
    };
    use windows::core::HSTRING;
    let kind = match severity {
        Severity::Information => EVENTLOG_INFORMATION_TYPE,
        Severity::Warning => EVENTLOG_WARNING_TYPE,
        Severity::Error => EVENTLOG_ERROR_TYPE,
    };
    let text = HSTRING::from(text);
    let strings = [windows::core::PCWSTR(text.as_ptr())];
    // SAFETY: the texts live until the calls have returned, and the handle is closed once.
    #[expect(unsafe_code, reason = "Windows' event log is reached by its own functions")]
    let reported = unsafe {
        RegisterEventSourceW(None, SOURCE).and_then(|log| {
            let reported = ReportEventW(log, kind, 0, u32::from(id), None, 0, Some(&strings), None);
            reported.and(DeregisterEventSource(log))
        })
    };
    if let Err(error) = reported {
        tracing::warn!(code = error.code().0, "Windows did not take an event");
    }
}

/// Puts an event into the system log: a line to the socket at which journald and every syslog listen. Where there is
/// none, as in a container, the log files alone have it.
#[cfg(unix)]
pub fn report(severity: Severity, id: u16, text: &str) {
    use std::os::unix::net::UnixDatagram;
    let Ok(socket) = UnixDatagram::unbound() else { return };
    // A log that does not read must not hold up RA Desk.
    if socket.set_nonblocking(true).is_ok() {
        _ = socket.send_to(line(severity, id, text).as_bytes(), "/dev/log");
    }
}

/// RFC 3164, facility *user*.
#[cfg(unix)]
fn line(severity: Severity, id: u16, text: &str) -> String {
    let level = match severity {
        Severity::Information => 6,
        Severity::Warning => 4,
        Severity::Error => 3,
    };
    format!("<{}>ra-desk[{}]: event {id}: {text}", 8 + level, std::process::id())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_system_log_is_told_how_grave_it_is() {
        let said = line(Severity::Warning, 132, "Somebody tried.");
        assert!(said.starts_with("<12>ra-desk[") && said.ends_with("]: event 132: Somebody tried."), "{said}");
    }
}
