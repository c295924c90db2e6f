//! A gateway's part in a computer's audit, as far as a test needs it: it believes every row, and gives its word.

use contract::{
    AuditReceipt, AuditReply, AuditRequest, Countersigning, DeviceReply, KeySuccession, PublicKey, Receipt, SignedHead,
};
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use serde_json::json;

use super::server::{Request, Response};

/// Whoever gives that word.
pub(crate) struct Holder {
    /// What it signs with.
    pub(crate) key: SigningKey,
    /// What it says that it signs with.
    pub(crate) names: Option<PublicKey>,
    pub(crate) follows: Vec<KeySuccession>,
    /// Up to where it holds the audit.
    pub(crate) held: Option<SignedHead>,
}

pub(crate) fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

impl Holder {
    pub(crate) fn new(seed: u8) -> Self {
        let key = secret(seed);
        Self { names: Some(PublicKey::of(&key)), key, follows: Vec::new(), held: None }
    }

    fn word(&self, head: SignedHead) -> AuditReceipt {
        AuditReceipt::countersign(head, Timestamp::UNIX_EPOCH, &self.key)
    }

    pub(crate) fn device(&self, request: &Request) -> Response {
        let countersigning = self.names.map(|key| Countersigning { key, follows: self.follows.clone() });
        let held = self.held.map(|held| self.word(held));
        Response::Json(200, json!(DeviceReply { receipt: receipt(request), held, countersigning }))
    }

    pub(crate) fn rows(&mut self, request: &Request) -> Response {
        let asked: AuditRequest = serde_json::from_slice(&request.body).unwrap();
        self.held = Some(asked.head);
        Response::Json(200, json!(AuditReply { receipt: receipt(request), audit: self.word(asked.head) }))
    }
}

fn receipt(request: &Request) -> Receipt {
    Receipt { request_id: request.headers["x-request-id"].parse().unwrap(), at: Timestamp::UNIX_EPOCH }
}
