//! Words for whoever started RA Desk in a terminal.

use std::io::Write;

/// Says something on standard output. Nobody may be there to read it; that is no failure.
pub fn say(text: &str) {
    #[cfg(windows)]
    attach();
    let mut out = std::io::stdout().lock();
    _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A Windows program with a window has no console of its own; it may use the one it was started from. Where output
/// goes into a file or a pipe, that stays.
#[cfg(windows)]
fn attach() {
    use windows::Win32::System::Console::{ATTACH_PARENT_PROCESS, AttachConsole};
    #[expect(unsafe_code, reason = "a call into Windows that takes no pointer and keeps none")]
    // SAFETY: the call has no precondition. It fails where there is no console, and then nothing is said.
    let _ = unsafe { AttachConsole(ATTACH_PARENT_PROCESS) };
}
