//! Windows' lists of proxies.
//!
//! Three spellings of one thing: `a:8080;b:8080` as WinHTTP answers, `http=a:80;https=b:8080` as the person's settings
//! keep it, and `PROXY a:8080; DIRECT` as a PAC file says it.

use desk::{ProxyFinderError, ProxyHop, ProxyServer};
use url::Url;

/// The ways a list names for `https`, in its order. A list that names proxies for other schemes alone means none.
pub fn parse(list: &str) -> Result<Vec<ProxyHop>, ProxyFinderError> {
    let mut hops = Vec::new();
    let mut of_no_use = false;
    let mut words = list.split([';', ',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let (keyword, place) = match word.to_ascii_uppercase().as_str() {
            "DIRECT" => {
                hops.push(ProxyHop::Direct);
                continue;
            }
            keyword @ ("PROXY" | "HTTP" | "HTTPS" | "SOCKS" | "SOCKS4" | "SOCKS5") => {
                (keyword.to_owned(), words.next().unwrap_or_default())
            }
            _ => match word.split_once('=') {
                Some((scheme, place)) if scheme.eq_ignore_ascii_case("https") => (String::new(), place),
                Some((scheme, _)) => {
                    of_no_use |= scheme.eq_ignore_ascii_case("socks");
                    continue;
                }
                None => (String::new(), word),
            },
        };
        match server(&keyword, place) {
            Some(server) => hops.push(ProxyHop::Proxy(server)),
            None => of_no_use = true,
        }
    }
    if !hops.is_empty() {
        return Ok(hops);
    }
    if of_no_use {
        return Err(ProxyFinderError::Failed("only proxies of a kind RA Desk cannot use (SOCKS) are named".into()));
    }
    Ok(vec![ProxyHop::Direct])
}

fn server(keyword: &str, place: &str) -> Option<ProxyServer> {
    if keyword.starts_with("SOCKS") {
        return None;
    }
    let scheme = if keyword == "HTTPS" { "https" } else { "http" };
    let address = if place.contains("://") { place.to_owned() } else { format!("{scheme}://{place}") };
    ProxyServer::of_url(&Url::parse(&address).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it is shown to an IT desk, apart by a blank.
    fn spelt(list: &str) -> String {
        let hops = match parse(list) {
            Ok(hops) => hops,
            Err(error) => return error.to_string(),
        };
        let spelt = hops.iter().map(|hop| match hop {
            ProxyHop::Direct => "direct".to_owned(),
            ProxyHop::Proxy(proxy) => proxy.to_string(),
        });
        spelt.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_spelling_is_read() {
        for (list, hops) in [
            ("a.example:8080", "http://a.example:8080"),
            ("a.example", "http://a.example:80"),
            ("a:8080;b:8081", "http://a:8080 http://b:8081"),
            ("a:8080 b:8081", "http://a:8080 http://b:8081"),
            ("http=a:80;https=b:8080;ftp=c:21", "http://b:8080"),
            ("HTTPS=b:8080", "http://b:8080"),
            ("http=a:80", "direct"),
            ("http://a:8080", "http://a:8080"),
            ("https=https://b:443", "https://b:443"),
            ("PROXY a:8080; PROXY b:8081; DIRECT", "http://a:8080 http://b:8081 direct"),
            ("HTTPS a.example; DIRECT", "https://a.example:443 direct"),
            ("SOCKS a:1080; PROXY b:8080", "http://b:8080"),
            ("DIRECT", "direct"),
            ("", "direct"),
            ("[fd00::1]:8080", "http://[fd00::1]:8080"),
        ] {
            assert_eq!(spelt(list), hops, "{list}");
        }
    }

    #[test]
    fn a_list_of_no_use_is_said_to_be_so() {
        for list in ["SOCKS a:1080", "socks=a:1080", "SOCKS5 a:1080; SOCKS b:1080"] {
            assert!(spelt(list).contains("SOCKS"), "{list}");
        }
    }
}
