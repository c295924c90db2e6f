//! Which proxies this computer would go through, as the operating system says.
//!
//! Everywhere the environment comes first, as with every other program that reads it. Where it says nothing, Windows
//! is asked by WinHTTP (`winhttp`): automatic detection, a PAC file, the person's proxy, the machine's proxy, in
//! that order. Elsewhere a PAC file is refused: running one needs a JavaScript engine, and a guess would be worse.

mod environment;
#[cfg(any(windows, test))]
mod list;
#[cfg(windows)]
mod winhttp;

use desk::{ProxyAnswer, ProxyFinder, ProxyFinderError, ProxyQuestion};
use url::Url;

/// What this computer is set to use.
pub struct SystemProxies;

impl ProxyFinder for SystemProxies {
    fn proxies_for(&self, url: &Url, ask: ProxyQuestion<'_>) -> Result<ProxyAnswer, ProxyFinderError> {
        match ask {
            ProxyQuestion::System => match environment::proxies_for(url)? {
                Some(answer) => Ok(answer),
                None => of_system(url),
            },
            ProxyQuestion::Pac(file) => of_pac(url, file),
        }
    }
}

#[cfg(windows)]
use winhttp::{of_pac, of_system};

#[cfg(not(windows))]
fn of_system(_: &Url) -> Result<ProxyAnswer, ProxyFinderError> {
    Ok(ProxyAnswer { hops: vec![desk::ProxyHop::Direct], source: desk::ProxySource::Nobody })
}

#[cfg(not(windows))]
fn of_pac(_: &Url, _: &Url) -> Result<ProxyAnswer, ProxyFinderError> {
    Err(ProxyFinderError::PacUnsupported)
}
