//! The gateway's certificate, signed by an authority that exists for this one folder.
//!
//! The authority's private key is never written: nobody can have a second certificate from it.

use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use super::files::{Private, Public, write_missing};
use super::{CA, InitError};

pub(super) const CERTIFICATE: &str = "gateway-cert.pem";
pub(super) const KEY: &str = "gateway-key.pem";

/// Writes authority, certificate and key, unless all three are there. A part of a set is no use, so a set of which
/// something is missing is made anew.
pub(super) fn write(dir: &Path, host: &str) -> Result<(), InitError> {
    let set = [CA, CERTIFICATE, KEY].map(|name| dir.join(name));
    if set.iter().all(|path| path.exists()) {
        return Ok(());
    }
    for path in &set {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(InitError::File { path: path.clone(), source: error });
            }
            _ => {}
        }
    }
    let made = make(host).map_err(|error| InitError::Certificate(error.to_string()))?;
    write_missing(dir, KEY, Private, || Ok(made.key))?;
    write_missing(dir, CERTIFICATE, Public, || Ok(made.certificate))?;
    write_missing(dir, CA, Public, || Ok(made.authority))
}

struct Made {
    authority: String,
    certificate: String,
    key: String,
}

fn make(host: &str) -> Result<Made, rcgen::Error> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "RA Desk practice authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.not_before = date_time_ymd(2025, 1, 1);
    authority.not_after = date_time_ymd(2045, 1, 1);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    if !names.iter().any(|name| name == host) {
        names.push(host.to_owned());
    }
    let key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(names)?;
    leaf.distinguished_name.push(DnType::CommonName, "RA Desk practice gateway");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    leaf.not_before = date_time_ymd(2025, 1, 1);
    leaf.not_after = date_time_ymd(2045, 1, 1);
    let certificate = leaf.signed_by(&key, &authority)?;
    Ok(Made { authority: authority.pem(), certificate: certificate.pem(), key: key.serialize_pem() })
}
