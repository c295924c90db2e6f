//! The way to the gateway and the issuer, judged.

use desk::{Endpoint, EndpointReport, NetworkFault, SignedBy};

use super::report::Check;

/// More than this, and people should set the clock right.
const CLOCK_WARNING_SECONDS: u64 = 60;
/// More than this, and a sign-in that was just made looks too old to be believed (NHS CIS2: five minutes).
const CLOCK_BAD_SECONDS: u64 = 300;

/// Judges one way.
pub fn judge(report: &EndpointReport) -> Check {
    let check = match report.endpoint {
        Endpoint::Gateway => "gateway",
        Endpoint::Issuer => "issuer",
    };
    let Some(fault) = report.fault else { return Check::good(check, reached(report)) };
    Check::bad(check, format!("{}: {fault}{}", report.server, way(report)), advice(fault, report))
}

fn reached(report: &EndpointReport) -> String {
    let tls = report.tls_version.unwrap_or("no TLS");
    let signed = match (report.signed_by, report.chain.last()) {
        (Some(SignedBy::Platform), Some(last)) => format!(", signed by {} (trusted by this computer)", last.issuer),
        (Some(SignedBy::Private), Some(last)) => format!(", signed by {} (from trust_ca)", last.issuer),
        _ => String::new(),
    };
    format!("{} answers{}, {tls}{signed}", report.server, way(report))
}

fn way(report: &EndpointReport) -> String {
    let Some(proxy) = &report.proxy else { return String::new() };
    match proxy.used.as_deref().or(proxy.ways.first().map(String::as_str)) {
        Some("direct") | None => ", without a proxy".into(),
        Some(proxy) => format!(", through the proxy {proxy}"),
    }
}

/// What an IT desk can do.
fn advice(fault: NetworkFault, report: &EndpointReport) -> String {
    let server = &report.server;
    match fault {
        NetworkFault::NoConnection => "Check that this computer has a network.".into(),
        NetworkFault::NameNotFound => {
            format!("Check the address in the settings, and that this network's DNS knows {server}.")
        }
        NetworkFault::Refused => format!("A computer answers but nothing listens at {server}. Check the port and the server."),
        NetworkFault::TimedOut => format!("Allow {server} through the firewall, and check that the server is up."),
        NetworkFault::PacFailed => "The proxy script could not be fetched or run. Check proxy_pac_url or this computer's proxy settings.".into(),
        NetworkFault::ProxyUnreachable => "Check the proxy's address and that it is up.".into(),
        NetworkFault::ProxyRefused => format!("Allow {server} on the proxy."),
        NetworkFault::ProxyCannotReach => format!("The proxy cannot reach {server}. Check it from the proxy."),
        NetworkFault::ProxySignIn | NetworkFault::ProxySignInRefused => {
            format!("RA Desk asks its user for the proxy's name and password. Let {server} through without one to spare them that.")
        }
        NetworkFault::ProxySignInUnsupported => {
            format!("The proxy offers only NTLM or Negotiate. Let {server} through without a sign-in.")
        }
        NetworkFault::CertificateNotTrusted => {
            let signer = report.chain.last().map_or("an authority", |last| last.issuer.as_str());
            format!(
                "The certificate leads to '{signer}', which this computer does not trust. If that is your own proxy's \
                 authority, put it into the machine's trusted roots, or set trust_ca."
            )
        }
        NetworkFault::CertificateOutOfDate => match report.chain.first() {
            Some(own) => format!(
                "The certificate is valid from {} to {}. Check this computer's date, then renew the certificate.",
                own.valid_from, own.valid_until
            ),
            None => "Check this computer's date, then renew the server's certificate.".into(),
        },
        NetworkFault::CertificateOtherName => {
            let named = report.chain.first().map_or("another server", |own| own.subject.as_str());
            format!("The certificate is for '{named}', not for {server}. Check the address in the settings.")
        }
        NetworkFault::CertificateRevoked => "Replace the server's certificate: its authority took it back.".into(),
        NetworkFault::RevocationUnknown => {
            "Let this computer reach the authority's revocation service (OCSP or CRL), whose address the certificate holds.".into()
        }
        NetworkFault::NotOurServer => {
            format!("Something else answers for {server}: a log-in page of this network, or a wrong address in the settings.")
        }
        NetworkFault::Busy => "The server asks for a pause. Look at its own health.".into(),
    }
}

/// Judges the clock by what the servers say the time is.
pub fn clock(reports: &[EndpointReport]) -> Check {
    // The gateway's time counts before the issuer's: it decides whether a registration is too old.
    let Some((server, ahead)) = reports.iter().find_map(|report| Some((&report.server, report.clock_ahead_seconds?)))
    else {
        return Check::not_checked("clock", "no server told its time");
    };
    let off = ahead.unsigned_abs();
    let direction = if ahead < 0 { "behind" } else { "ahead of" };
    let found = format!("{off} seconds {direction} {server}");
    let next = "Let this computer set its clock by the network.";
    if off > CLOCK_BAD_SECONDS {
        Check::bad("clock", found, next)
    } else if off > CLOCK_WARNING_SECONDS {
        Check::warning("clock", found, next)
    } else {
        Check::good("clock", found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::State;

    fn report(fault: Option<NetworkFault>, ahead: Option<i64>) -> EndpointReport {
        EndpointReport {
            endpoint: Endpoint::Gateway,
            server: "gateway.example:443".into(),
            fault,
            proxy: None,
            tls_version: Some("TLS 1.3"),
            chain: Vec::new(),
            signed_by: None,
            clock_ahead_seconds: ahead,
        }
    }

    #[test]
    fn a_clock_that_is_off_is_told_before_sign_ins_fail() {
        for (ahead, state) in [(0, State::Good), (-60, State::Good), (61, State::Warning), (-301, State::Bad)] {
            assert_eq!(clock(&[report(None, Some(ahead))]).state, state, "{ahead}");
        }
        assert_eq!(clock(&[report(None, None)]).state, State::NotChecked);
        assert_eq!(clock(&[]).state, State::NotChecked);
    }

    #[test]
    fn a_fault_comes_with_what_to_do() {
        let check = judge(&report(Some(NetworkFault::ProxyRefused), None));
        assert_eq!(check.state, State::Bad);
        assert!(check.next.unwrap().contains("gateway.example:443"));
        assert_eq!(judge(&report(None, None)).state, State::Good);
    }
}
