//! `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, read as curl reads them.

use desk::{ProxyAnswer, ProxyFinderError, ProxyHop, ProxyServer, ProxySource};
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;
use zeroize::Zeroizing;

const NAMES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// What the environment says of this server; nothing where it names no proxy at all.
pub fn proxies_for(url: &Url) -> Result<Option<ProxyAnswer>, ProxyFinderError> {
    if NAMES.iter().all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty())) {
        return Ok(None);
    }
    said(&Matcher::from_env(), url).map(Some)
}

fn said(matcher: &Matcher, url: &Url) -> Result<ProxyAnswer, ProxyFinderError> {
    let unusable = |what: &str| ProxyFinderError::Failed(format!("the environment's proxy {what}"));
    let server = url.as_str().parse().map_err(|_| unusable("cannot be looked up"))?;
    let hop = match matcher.intercept(&server) {
        None => ProxyHop::Direct,
        Some(found) => {
            let address = Url::parse(&found.uri().to_string()).map_err(|_| unusable("is not an address"))?;
            let mut proxy = ProxyServer::of_url(&address).ok_or_else(|| unusable("is not an HTTP proxy"))?;
            proxy.authorization =
                found.basic_auth().and_then(|header| header.to_str().ok()).map(|it| Zeroizing::new(it.to_owned()));
            ProxyHop::Proxy(proxy)
        }
    };
    Ok(ProxyAnswer { hops: vec![hop], source: ProxySource::Environment })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(proxy: &str, bypass: &str) -> Result<ProxyHop, ProxyFinderError> {
        let matcher = Matcher::builder().https(proxy).no(bypass).build();
        said(&matcher, &Url::parse("https://gateway.example/v1/session").unwrap()).map(|answer| answer.hops[0].clone())
    }

    #[test]
    fn the_environment_is_read_as_curl_reads_it() {
        let proxy = ProxyServer { host: "proxy.example".into(), port: 3128, tls: false, authorization: None };
        assert_eq!(hop("http://proxy.example:3128", ""), Ok(ProxyHop::Proxy(proxy.clone())));
        assert_eq!(hop("proxy.example:3128", ""), Ok(ProxyHop::Proxy(proxy.clone())), "without a scheme");
        assert_eq!(hop("http://proxy.example:3128", "other.example,.example"), Ok(ProxyHop::Direct));
        let with_name = ProxyServer { authorization: Some(Zeroizing::new("Basic bjpw".into())), ..proxy };
        assert_eq!(hop("http://n:p@proxy.example:3128", ""), Ok(ProxyHop::Proxy(with_name)));
        assert!(hop("socks5://proxy.example:1080", "").is_err(), "is said, not guessed");
    }
}
