//! The way to the servers: the one HTTP client, proxies, trust, and what can be wrong on the way.
//!
//! [`client`] sends requests: [`ways`] says through which proxies, [`sign_in`] holds what they are told, and [`trust`]
//! decides whose certificate is believed. Each thing that can be wrong is a [`NetworkFault`] of its own. What reqwest
//! does not say of a way that failed, [`dial`] finds out by going it once more as far as the server ([`connect`]);
//! [`probe`] looks at the whole way for `ra-desk doctor` by the same means.
//!
//! Deliberately absent: what a reply means ([`crate::reply`]), trying again ([`crate::sync`]), and how an operating
//! system keeps its proxy settings ([`crate::ProxyFinder`]).

mod client;
mod connect;
mod dial;
mod fault;
mod probe;
mod proxy;
mod sign_in;
mod trust;
mod ways;

pub(crate) use client::HttpClient;
pub use fault::NetworkFault;
pub use probe::{CertificateReport, Endpoint, EndpointReport, ProxyReport, SignedBy, probe};
pub use proxy::{ProxyBypass, ProxyHop, ProxyServer};

/// What RA Desk calls itself.
const USER_AGENT: &str = concat!("ra-desk/", env!("CARGO_PKG_VERSION"));
