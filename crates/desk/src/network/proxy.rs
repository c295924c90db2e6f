//! Proxies: where they answer, and which names are reached without one.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};
use zeroize::Zeroizing;

/// One way to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyHop {
    /// Straight to it.
    Direct,
    /// Through a proxy.
    Proxy(ProxyServer),
}

/// A proxy that opens tunnels (HTTP CONNECT).
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it is itself spoken to in TLS.
    pub tls: bool,
    /// What the environment says it is to be told (`Proxy-Authorization`); nothing else sets this.
    pub authorization: Option<Zeroizing<String>>,
}

/// Where it answers, and nothing else.
impl std::fmt::Display for ProxyServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}:{}", if self.tls { "https" } else { "http" }, self.host, self.port)
    }
}

impl std::fmt::Debug for ProxyServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl ProxyServer {
    /// The proxy an address names; none where it names no HTTP proxy. A port that is missing is that of the scheme.
    pub fn of_url(url: &Url) -> Option<Self> {
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let (host, port) = (url.host_str()?.to_owned(), url.port_or_known_default()?);
        Some(Self { host, port, tls, authorization: None })
    }

    /// Whether it is this one, whatever it is told.
    pub(super) fn same_place(&self, other: &Self) -> bool {
        (self.tls, &self.host, self.port) == (other.tls, &other.host, other.port)
    }
}

/// Names that are reached without a proxy, as Windows and the environment write them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyBypass(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    /// `<local>`: names without a dot.
    Local,
    /// A range of addresses.
    Range(IpNet),
    /// A name, a name with `*` in it, or (with a dot in front) a domain and all within.
    Name(String),
}

impl ProxyBypass {
    /// Reads a list. What cannot be read as something else is a name that may not exist, and does no harm.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a str>) -> Self {
        Self(entries.into_iter().map(str::trim).filter(|entry| !entry.is_empty()).map(Rule::of).collect())
    }

    /// Reads a list as Windows keeps it: apart by semicolons or blanks.
    pub fn of_list(list: &str) -> Self {
        Self::new(list.split([';', ',', ' ', '\t', '\r', '\n']))
    }

    /// Whether this server is reached without a proxy.
    pub fn covers(&self, url: &Url) -> bool {
        let (name, ip) = match url.host() {
            Some(Host::Domain(name)) => (name.to_ascii_lowercase(), None),
            Some(Host::Ipv4(ip)) => (ip.to_string(), Some(IpAddr::V4(ip))),
            Some(Host::Ipv6(ip)) => (ip.to_string(), Some(IpAddr::V6(ip))),
            None => return false,
        };
        self.0.iter().any(|rule| match rule {
            Rule::Local => ip.is_none() && !name.contains('.'),
            Rule::Range(range) => ip.is_some_and(|ip| range.contains(&ip)),
            Rule::Name(pattern) => match pattern.strip_prefix('.') {
                Some(domain) => name == domain || name.ends_with(pattern.as_str()),
                None => fits(pattern, &name),
            },
        })
    }
}

impl Rule {
    fn of(entry: &str) -> Self {
        if entry.eq_ignore_ascii_case("<local>") {
            return Self::Local;
        }
        if let Ok(range) = entry.parse() {
            return Self::Range(range);
        }
        // A rule of Windows may begin with a scheme and end with a port; the servers here have one of each.
        let name = entry.split_once("://").map_or(entry, |(_, name)| name);
        let name = match name.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => name,
        };
        match name.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) => Self::Range(IpNet::from(ip)),
            Err(_) => Self::Name(name.to_ascii_lowercase()),
        }
    }
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
    }
    name.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_a_proxy_are_known() {
        for (list, host, covered) in [
            ("gateway.example", "gateway.example", true),
            ("gateway.example", "other.gateway.example", false),
            ("GATEWAY.Example", "gateway.example", true),
            (".nhs.test", "gateway.nhs.test", true),
            (".nhs.test", "nhs.test", true),
            (".nhs.test", "notnhs.test", false),
            ("*.nhs.test", "gateway.nhs.test", true),
            ("*.nhs.test", "nhs.test", false),
            ("gate*.nhs.*", "gateway.nhs.test", true),
            ("gate*way*x", "gateway", false),
            ("*", "anything.example", true),
            ("<local>", "gateway", true),
            ("<local>", "gateway.example", false),
            ("<LOCAL>", "10.0.0.1", false),
            ("10.*", "10.1.2.3", true),
            ("10.*", "11.1.2.3", false),
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("https://gateway.example:8443", "gateway.example", true),
            ("fd00::/8", "[fd00::1]", true),
            ("::1", "[::1]", true),
            ("a.example; b.example", "b.example", true),
            ("", "gateway.example", false),
        ] {
            let url = Url::parse(&format!("https://{host}:8443/x")).unwrap();
            assert_eq!(ProxyBypass::of_list(list).covers(&url), covered, "{list} {host}");
        }
    }

    #[test]
    fn a_proxy_prints_no_secret() {
        let mut proxy = ProxyServer::of_url(&Url::parse("http://proxy.example").unwrap()).unwrap();
        proxy.authorization = Some(Zeroizing::new("Basic c2VjcmV0".into()));
        assert_eq!(format!("{proxy} {proxy:?}"), "http://proxy.example:80 http://proxy.example:80");
        assert_eq!(ProxyServer::of_url(&Url::parse("socks5://proxy.example").unwrap()), None);
    }
}
