//! How RA Desk is started.

/// What the command line asks of this start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Start {
    /// Full screen, on a computer that shows nothing else. The settings can ask for it too.
    pub kiosk: bool,
}
