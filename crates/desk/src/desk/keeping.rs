//! Whether something may be recorded here and now: on a computer that keeps it, or with the gateway at hand.

use std::sync::Arc;

use super::state::{Inner, Recorder};
use crate::{Cause, Failure, Happened, NotKept, Persistence};

impl Inner {
    /// Why nothing is recorded on this computer to be sent later, if so.
    pub(crate) fn not_kept(&self) -> Option<NotKept> {
        match self.parts.persistence {
            Persistence::NotKept(why) => Some(why),
            Persistence::Kept if !self.settings.offline_recording => Some(NotKept::BySetting),
            Persistence::Kept => None,
        }
    }

    /// Asks the gateway, before something is recorded on a computer that would forget it, whether it can be sent at
    /// once: it must answer, and no pause of sending may stand. Elsewhere nothing is asked.
    pub(crate) async fn keeps_or_reaches(self: &Arc<Self>, recorder: &Recorder) -> Result<(), Failure> {
        let Some(why) = self.not_kept() else { return Ok(()) };
        let Some(at_work) = &recorder.online else { return Err(Cause::OfflineRecordingRefused(why).into()) };
        let asked = self.client.session(&at_work.gateway).await;
        let reference = match self.hear(at_work, asked) {
            // A pause that the network's return ends is over by now.
            Ok(_) if !self.sending_pauses() => return Ok(()),
            Ok(_) => None,
            Err(Failure { cause: Cause::Network(_) | Cause::GatewayFault(_), reference }) => reference,
            Err(failure) => return Err(failure),
        };
        self.note_happened(Happened::OfflineRecordingRefused);
        Err(Failure { cause: Cause::OfflineRecordingRefused(why), reference })
    }

    fn sending_pauses(&self) -> bool {
        let now = self.parts.clock.monotonic();
        self.state().pause.is_some_and(|pause| pause.over > now)
    }
}
