//! Whose certificates are believed.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::{SettingsError, Trust};

/// TLS as this computer speaks it.
#[derive(Clone)]
pub(super) struct Tls {
    provider: Arc<CryptoProvider>,
    /// Decides whether a certificate is believed.
    pub(super) verifier: Arc<dyn ServerCertVerifier>,
    /// To the servers: HTTP/2, or HTTP/1.1.
    pub(super) server: Arc<ClientConfig>,
    /// To a proxy that is itself spoken to in TLS, and where HTTP/1.1 is needed.
    pub(super) plain: Arc<ClientConfig>,
}

impl Tls {
    /// As the settings say.
    pub(super) fn new(trust: &Trust) -> Result<Self, SettingsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match trust {
            Trust::Platform => platform(&provider)?,
            Trust::PlatformPlus(ca) => {
                Arc::new(Verifier::new_with_extra_roots(authorities(ca)?, provider.clone()).map_err(|_| unusable())?)
            }
            Trust::Only(ca) => {
                let mut roots = RootCertStore::empty();
                for authority in authorities(ca)? {
                    roots.add(authority).map_err(|_| wrong("holds a certificate that is no authority's"))?;
                }
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                    .build()
                    .map_err(|_| unusable())?
            }
        };
        let server = config(&provider, &verifier, &[b"h2", b"http/1.1"])?;
        let plain = config(&provider, &verifier, &[b"http/1.1"])?;
        Ok(Self { provider, verifier, server, plain })
    }

    /// The same, with somebody else deciding. HTTP/1.1 alone.
    pub(super) fn decided_by(
        &self,
        verifier: &Arc<dyn ServerCertVerifier>,
    ) -> Result<Arc<ClientConfig>, SettingsError> {
        config(&self.provider, verifier, &[b"http/1.1"])
    }

    /// What the operating system alone would say.
    pub(super) fn platform(&self) -> Result<Arc<dyn ServerCertVerifier>, SettingsError> {
        platform(&self.provider)
    }
}

fn platform(provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, SettingsError> {
    let verifier = Verifier::new(provider.clone())
        .map_err(|_| SettingsError { key: "trust", message: "this computer has no authorities to trust".into() })?;
    Ok(Arc::new(verifier))
}

fn config(
    provider: &Arc<CryptoProvider>,
    verifier: &Arc<dyn ServerCertVerifier>,
    protocols: &[&[u8]],
) -> Result<Arc<ClientConfig>, SettingsError> {
    let mut config = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| unusable())?
        .dangerous()
        .with_custom_certificate_verifier(verifier.clone())
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(Arc::new(config))
}

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let pem = std::fs::read(path).map_err(|error| wrong(&format!("cannot be read: {}", error.kind())))?;
    match CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>() {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(wrong("holds no certificate (PEM)")),
    }
}

fn wrong(message: &str) -> SettingsError {
    SettingsError { key: "trust_ca", message: message.into() }
}

fn unusable() -> SettingsError {
    SettingsError { key: "trust", message: "the certificates to trust cannot be used".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_authority_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let message = || Tls::new(&Trust::Only(file.clone())).err().unwrap().to_string();
        assert_eq!(message(), "setting trust_ca: cannot be read: entity not found");
        std::fs::write(&file, "not a certificate").unwrap();
        assert_eq!(message(), "setting trust_ca: holds no certificate (PEM)");
        let pem = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap().cert.pem();
        std::fs::write(&file, pem).unwrap();
        assert!(Tls::new(&Trust::Only(file)).is_ok());
    }

    #[test]
    #[cfg_attr(windows, ignore = "Wine knows no authorities besides the system's; the Windows workflow runs it")]
    fn an_authority_besides_the_systems_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let pem = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap().cert.pem();
        std::fs::write(&file, pem).unwrap();
        assert!(Tls::new(&Trust::PlatformPlus(file)).is_ok());
    }
}
