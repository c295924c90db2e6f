//! The name and the password a proxy asks for: in memory only, for one proxy, thrown away when it refuses
//! them and when whoever gave them leaves.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use zeroize::Zeroizing;

use super::NetworkFault;
use super::proxy::ProxyServer;

/// What is known of signing in to a proxy.
#[derive(Default)]
pub(super) struct ProxySignIn(Mutex<Known>);

#[derive(Clone, Default)]
struct Known {
    /// Who asked last.
    asked_by: Option<ProxyServer>,
    /// What it is told, as it stands in the header.
    given: Option<(ProxyServer, Zeroizing<String>)>,
    /// Proxies that did not take what the environment says they are to be told.
    refused: Vec<ProxyServer>,
}

impl ProxySignIn {
    /// What this proxy is to be told. No other is ever told what was given for this one.
    pub(super) fn header_for(&self, proxy: &ProxyServer) -> Option<Zeroizing<String>> {
        let known = self.known();
        let given = known.given.as_ref().filter(|(whose, _)| whose.same_place(proxy)).map(|(_, header)| header);
        let environments = proxy.authorization.as_ref().filter(|_| !known.refused.contains(proxy));
        given.or(environments).cloned()
    }

    /// The proxy asked for a name and a password, `after` having been told this. What it refused is thrown away.
    pub(super) fn asked(&self, proxy: &ProxyServer, after: Option<&Zeroizing<String>>) -> NetworkFault {
        let mut known = self.known();
        known.asked_by = Some(proxy.clone());
        if after.is_some() && after == proxy.authorization.as_ref() && !known.refused.contains(proxy) {
            known.refused.push(proxy.clone());
        }
        match &known.given {
            Some((whose, header)) if whose.same_place(proxy) => {
                // Another may have been given while this one was on its way.
                if Some(header) == after {
                    known.given = None;
                }
                NetworkFault::ProxySignInRefused
            }
            _ => NetworkFault::ProxySignIn,
        }
    }

    /// Keeps a name and a password for the proxy that asked last. False when none did, or when the name cannot be
    /// one.
    pub(super) fn give(&self, name: &str, password: &Zeroizing<String>) -> bool {
        let mut known = self.known();
        let Some(proxy) = known.asked_by.clone() else { return false };
        // A colon ends the name (RFC 7617).
        if name.is_empty() || name.contains(':') {
            return false;
        }
        let mut pair = Zeroizing::new(String::with_capacity(name.len() + password.len() + 1));
        pair.push_str(name);
        pair.push(':');
        pair.push_str(password);
        // As much room as it needs, so that no copy of it is left behind.
        let mut header = Zeroizing::new(String::with_capacity(6 + pair.len().div_ceil(3) * 4));
        header.push_str("Basic ");
        base64::engine::general_purpose::STANDARD.encode_string(pair.as_bytes(), &mut header);
        known.given = Some((proxy, header));
        true
    }

    /// Who asked last.
    pub(super) fn asked_by(&self) -> Option<ProxyServer> {
        self.known().asked_by.clone()
    }

    /// Forgets what somebody gave, and returns what was known until now. What was refused stays refused: the
    /// environment is nobody's in particular.
    pub(super) fn part(&self) -> Self {
        let mut known = self.known();
        let theirs = known.clone();
        known.given = None;
        Self(Mutex::new(theirs))
    }

    /// The same, whatever is told or forgotten later.
    pub(super) fn as_it_is(&self) -> Self {
        Self(Mutex::new(self.known().clone()))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(host: &str) -> ProxyServer {
        ProxyServer { host: host.into(), port: 3128, tls: false, authorization: None }
    }

    fn word(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.into())
    }

    #[test]
    fn a_password_is_for_the_proxy_that_asked_and_for_no_other() {
        let keys = ProxySignIn::default();
        assert!(!keys.give("name", &word("word")), "nobody asked");
        assert_eq!(keys.asked(&proxy("a"), None), NetworkFault::ProxySignIn);
        assert!(!keys.give("na:me", &word("word")), "a colon ends the name");
        assert!(keys.give("name", &word("word")));
        assert_eq!(keys.header_for(&proxy("a")).unwrap().as_str(), "Basic bmFtZTp3b3Jk");
        assert_eq!(keys.header_for(&proxy("b")), None);
        assert_eq!(keys.header_for(&ProxyServer { tls: true, ..proxy("a") }), None);
    }

    #[test]
    fn what_was_refused_is_thrown_away_and_asked_for_again() {
        let keys = ProxySignIn::default();
        keys.asked(&proxy("a"), None);
        keys.give("name", &word("old"));
        let old = keys.header_for(&proxy("a"));
        keys.give("name", &word("new"));
        assert_eq!(keys.asked(&proxy("a"), old.as_ref()), NetworkFault::ProxySignInRefused);
        let new = keys.header_for(&proxy("a"));
        assert!(new.is_some(), "the new one was not tried yet");
        assert_eq!(keys.asked(&proxy("a"), new.as_ref()), NetworkFault::ProxySignInRefused);
        assert_eq!(keys.header_for(&proxy("a")), None);
        assert_eq!(keys.asked(&proxy("a"), None), NetworkFault::ProxySignIn);
    }

    #[test]
    fn what_the_environment_says_is_told_until_it_is_refused() {
        let keys = ProxySignIn::default();
        let proxy = ProxyServer { authorization: Some(word("Basic ZW52")), ..proxy("a") };
        let told = keys.header_for(&proxy);
        assert_eq!(told.as_ref().unwrap().as_str(), "Basic ZW52");
        assert_eq!(keys.asked(&proxy, told.as_ref()), NetworkFault::ProxySignIn);
        assert_eq!(keys.header_for(&proxy), None, "told once, and not at each call until the account is locked");
        let other = ProxyServer { authorization: Some(word("Basic bmV3")), ..proxy.clone() };
        assert_eq!(keys.header_for(&other).unwrap().as_str(), "Basic bmV3", "another was never refused");
        keys.give("name", &word("word"));
        let given = keys.header_for(&proxy);
        assert_eq!(given.as_ref().unwrap().as_str(), "Basic bmFtZTp3b3Jk");
        assert_eq!(keys.asked(&proxy, given.as_ref()), NetworkFault::ProxySignInRefused);
        assert_eq!(keys.header_for(&proxy), None, "neither of the two");
    }

    #[test]
    fn what_somebody_gave_goes_with_them() {
        let keys = ProxySignIn::default();
        keys.asked(&proxy("a"), None);
        keys.give("name", &word("word"));
        let theirs = keys.part();
        assert_eq!(keys.header_for(&proxy("a")), None, "whoever comes next goes out under their own name");
        assert!(theirs.header_for(&proxy("a")).is_some(), "the last call for them still gets through");
        assert_eq!(keys.asked_by(), Some(proxy("a")));
        assert!(keys.give("other", &word("word")), "the next may answer the same proxy");
    }
}
