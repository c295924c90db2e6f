//! The way to the servers: the one HTTP client, proxies, trust, and what can be wrong on the way.
//!
//! [`client`] sends requests over connections that [`dial`] makes: [`ways`] says through which proxies, [`connect`]
//! asks them for a tunnel, [`sign_in`] holds what they are told, and [`trust`] decides whose certificate is believed.
//! Each thing that can be wrong is a [`NetworkFault`] of its own. [`probe`] looks at the whole way for `ra-desk
//! doctor`, over the same connections.
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
