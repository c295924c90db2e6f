//! What can be wrong on the way to a server, each told apart.

use serde::Serialize;

/// Why a server did not answer. It is always about the way there, and so about the whole queue: nothing that waits
/// is to blame, none of it is lost, and no attempt of it is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum NetworkFault {
    /// This computer has no network, or the connection was cut.
    #[error("no connection")]
    NoConnection,
    /// Nobody knows the server's name: a network without it, or an address that is set wrongly.
    #[error("the server's name was not found")]
    NameNotFound,
    /// A computer was reached and nothing listens there.
    #[error("the connection was refused")]
    Refused,
    /// Nothing came back in time.
    #[error("no answer in time")]
    TimedOut,
    /// How to get through could not be found out: the PAC file cannot be had, run or used here.
    #[error("the proxy to use could not be found out")]
    PacFailed,
    /// The proxy itself does not answer.
    #[error("the proxy cannot be reached")]
    ProxyUnreachable,
    /// The proxy forbids the way to this server.
    #[error("the proxy refuses the way to this server")]
    ProxyRefused,
    /// The proxy is well and cannot reach the server.
    #[error("the proxy cannot reach the server")]
    ProxyCannotReach,
    /// A proxy asks for a name and a password.
    #[error("a proxy asks for a sign-in")]
    ProxySignIn,
    /// A proxy did not take the name and password it was given.
    #[error("the proxy did not accept the sign-in")]
    ProxySignInRefused,
    /// A proxy offers only kinds of sign-in that are not answered here (NTLM, Negotiate).
    #[error("the proxy asks for a kind of sign-in that RA Desk cannot answer")]
    ProxySignInUnsupported,
    /// The certificate is signed by an authority this computer does not know, or is not fit for a server.
    #[error("the server's certificate is not trusted")]
    CertificateNotTrusted,
    /// The certificate has expired or is not valid yet; the computer's clock may be wrong.
    #[error("the server's certificate is not valid at this time")]
    CertificateOutOfDate,
    /// The certificate is another server's.
    #[error("the server's certificate is for another name")]
    CertificateOtherName,
    /// The certificate was revoked.
    #[error("the server's certificate was revoked")]
    CertificateRevoked,
    /// Whether the certificate was revoked cannot be found out, and it is required here.
    #[error("whether the server's certificate was revoked cannot be checked")]
    RevocationUnknown,
    /// Something answered that is not the gateway: a network's log-in page, for instance.
    #[error("what answered is not the gateway")]
    NotOurServer,
    /// The gateway, or a machine in front of it, asked to be left alone for a while.
    #[error("the gateway asked for a pause")]
    Busy,
}

impl NetworkFault {
    /// What a failed TLS handshake means.
    pub(super) fn of_tls(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(why) => Self::of_certificate(why),
            rustls::Error::NoCertificatesPresented => Self::CertificateNotTrusted,
            // Something speaks on that port, but not our TLS.
            _ => Self::NotOurServer,
        }
    }

    fn of_certificate(why: &rustls::CertificateError) -> Self {
        use rustls::CertificateError as Why;
        match why {
            Why::Expired | Why::ExpiredContext { .. } | Why::NotValidYet | Why::NotValidYetContext { .. } => {
                Self::CertificateOutOfDate
            }
            Why::NotValidForName | Why::NotValidForNameContext { .. } => Self::CertificateOtherName,
            Why::Revoked => Self::CertificateRevoked,
            Why::UnknownRevocationStatus | Why::ExpiredRevocationList | Why::ExpiredRevocationListContext { .. } => {
                Self::RevocationUnknown
            }
            Why::Other(other) if is_revocation_offline(&other.to_string()) => Self::RevocationUnknown,
            _ => Self::CertificateNotTrusted,
        }
    }

    /// What failed on a connection, wherever in the chain of causes it stands.
    pub(super) fn find(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(fault) = downcast::<Self>(error) {
                return Some(*fault);
            }
            if let Some(tls) = downcast::<rustls::Error>(error) {
                return Some(Self::of_tls(tls));
            }
            cause = error.source();
        }
        None
    }
}

/// Looks into an I/O error too: it hides its cause from `source`.
fn downcast<'a, T: std::error::Error + 'static>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a T> {
    if let Some(found) = error.downcast_ref::<T>() {
        return Some(found);
    }
    downcast(error.downcast_ref::<std::io::Error>()?.get_ref()?)
}

/// Windows' own number is all that its verifier passes on: `CRYPT_E_NO_REVOCATION_CHECK`,
/// `CRYPT_E_REVOCATION_OFFLINE`.
fn is_revocation_offline(text: &str) -> bool {
    ["-2146885614", "-2146885613"].iter().any(|number| text.contains(number))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use rustls::CertificateError as Why;
    use rustls::{InvalidMessage, OtherError};

    use super::*;

    fn of(why: Why) -> NetworkFault {
        // As it arrives: in an I/O error, which hides it.
        let error = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(why));
        NetworkFault::find(&error).unwrap()
    }

    #[test]
    fn certificates_are_told_apart() {
        use NetworkFault::{CertificateNotTrusted, CertificateOtherName, CertificateOutOfDate, CertificateRevoked};
        let other = |text: &str| Why::Other(OtherError(Arc::new(io::Error::other(text.to_owned()))));
        for (why, fault) in [
            (Why::UnknownIssuer, CertificateNotTrusted),
            (Why::BadEncoding, CertificateNotTrusted),
            (Why::Expired, CertificateOutOfDate),
            (Why::NotValidYet, CertificateOutOfDate),
            (Why::NotValidForName, CertificateOtherName),
            (Why::Revoked, CertificateRevoked),
            (Why::UnknownRevocationStatus, NetworkFault::RevocationUnknown),
            (other("it was offline. (os error -2146885613)"), NetworkFault::RevocationUnknown),
            (other("unable to check (os error -2146885614)"), NetworkFault::RevocationUnknown),
            (other("something else (os error -2146762487)"), CertificateNotTrusted),
        ] {
            assert_eq!(of(why.clone()), fault, "{why:?}");
        }
    }

    #[test]
    fn what_is_no_tls_is_not_our_server() {
        let error = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        assert_eq!(NetworkFault::find(&io::Error::other(error)), Some(NetworkFault::NotOurServer));
        assert_eq!(NetworkFault::find(&io::Error::other("something else")), None);
    }
}
