//! What RA Desk does and says for whoever started it in a terminal, without a window.

use std::io::Write;

use serde::Serialize;

/// Says something on standard output. Nobody may be there to read it; that is no failure.
pub fn say(text: &str) {
    #[cfg(windows)]
    attach();
    let mut out = std::io::stdout().lock();
    _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Does what would otherwise be done beside a window, and waits for it. None: it could not be begun.
pub fn waited_for<T>(work: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.ok().map(|runtime| runtime.block_on(work))
}

/// For programs that read what is said.
pub fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
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
