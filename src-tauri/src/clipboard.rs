//! The clipboard, for a user's link.

use std::sync::{Mutex, PoisonError};

use crate::ipc::{Code, Fault};

/// The clipboard. On X11 what was copied lives only as long as whoever copied it, so this is kept.
#[derive(Default)]
pub struct Clipboard(Mutex<Option<arboard::Clipboard>>);

impl Clipboard {
    /// Puts a text on the clipboard.
    pub fn put(&self, text: &str) -> Result<(), Fault> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let clipboard = match held.take() {
            Some(clipboard) => held.insert(clipboard),
            None => held.insert(arboard::Clipboard::new().map_err(|_| unusable())?),
        };
        clipboard.set_text(text).map_err(|_| unusable())
    }
}

fn unusable() -> Fault {
    Fault::new(Code::Internal, "the clipboard cannot be used")
}
