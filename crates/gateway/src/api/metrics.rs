//! Counts for whoever runs the gateway. No names, no people.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;

use crate::store::NoticeCounts;

/// What is counted since the start.
#[derive(Default)]
pub(crate) struct Metrics {
    answers: [AtomicU64; 5],
    pub(crate) sign_ins: AtomicU64,
    pub(crate) searches: AtomicU64,
    pub(crate) registered: AtomicU64,
    pub(crate) replayed: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) linked: AtomicU64,
    pub(crate) wrong_accounts: AtomicU64,
    pub(crate) removed: AtomicU64,
    pub(crate) notices_sent: AtomicU64,
    pub(crate) audit_rows: AtomicU64,
    pub(crate) audit_forks: AtomicU64,
}

/// Counts one more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Metrics {
    /// A call was answered.
    pub(crate) fn answered(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        count(&self.answers[class]);
    }

    /// All counts, as Prometheus reads them. Those of notices come from the store: they outlive a restart.
    pub(crate) fn text(&self, notices: NoticeCounts) -> String {
        let mut text = String::from("# TYPE gateway_answers_total counter\n");
        for (class, counter) in self.answers.iter().enumerate() {
            let count = counter.load(Ordering::Relaxed);
            // Writing to a String does not fail.
            let _ = writeln!(text, "gateway_answers_total{{class=\"{}xx\"}} {count}", class + 1);
        }
        for (name, counter) in [
            ("sign_ins", &self.sign_ins),
            ("searches", &self.searches),
            ("registered", &self.registered),
            ("replayed", &self.replayed),
            ("refused", &self.refused),
            ("linked", &self.linked),
            ("wrong_accounts", &self.wrong_accounts),
            ("removed", &self.removed),
            ("notices_sent", &self.notices_sent),
            ("audit_rows", &self.audit_rows),
            ("audit_forks", &self.audit_forks),
        ] {
            let count = counter.load(Ordering::Relaxed);
            let _ = writeln!(text, "# TYPE gateway_{name}_total counter\ngateway_{name}_total {count}");
        }
        for (name, count) in [("waiting", notices.waiting), ("given_up", notices.given_up)] {
            let _ = writeln!(text, "# TYPE gateway_notices_{name} gauge\ngateway_notices_{name} {count}");
        }
        text
    }
}
