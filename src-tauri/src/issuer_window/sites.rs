//! Which pages the issuer's window may show.
//!
//! Pages of the issuer's own host, over https; those of hosts that the organisation names, because a sign-in may lead
//! to others; and the one address on this computer at which the answer arrives. Nothing else, so that a
//! link on a sign-in page does not open the whole web to whoever stands at a kiosk.

use url::{Host, Url};

/// What one sign-in may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sites {
    /// Scheme, host and port of the page that the sign-in begins with.
    start: (String, String, Option<u16>),
    /// Hosts, each with every host below it.
    sites: Vec<String>,
    /// Where the answer arrives, without its query.
    answer: Option<Url>,
}

impl Sites {
    /// For the sign-in that begins at a page. `others` are the hosts that the organisation names.
    pub fn of(page: &Url, others: &[String]) -> Self {
        let host = page.host_str().unwrap_or_default().to_owned();
        let mut sites: Vec<String> = others.iter().map(|other| other.trim().to_ascii_lowercase()).collect();
        sites.retain(|site| !site.is_empty());
        // Its own host alone: what stands above it may be other companies' too, as at a service that many use.
        sites.push(host.clone());
        let answer = page.query_pairs().find(|(name, _)| name == "redirect_uri").and_then(|(_, value)| {
            let answer = Url::parse(&value).ok()?;
            let here = answer.host() == Some(Host::Ipv4(std::net::Ipv4Addr::LOCALHOST)) && answer.scheme() == "http";
            here.then_some(answer)
        });
        Self { start: (page.scheme().to_owned(), host, page.port_or_known_default()), sites, answer }
    }

    /// Whether the window may show a page.
    pub fn allow(&self, url: &Url) -> bool {
        match url.scheme() {
            // An empty frame, as sign-in pages make them. It holds only what its own page puts there.
            "about" => matches!(url.path(), "blank" | "srcdoc"),
            "https" => url.host_str().is_some_and(|host| self.is_of_a_site(host)),
            "http" => self.is_answer(url) || cfg!(feature = "practice") && self.is_start(url) && is_loopback(url),
            _ => false,
        }
    }

    fn is_of_a_site(&self, host: &str) -> bool {
        self.sites
            .iter()
            .any(|site| host == site || host.strip_suffix(site.as_str()).is_some_and(|below| below.ends_with('.')))
    }

    fn is_answer(&self, url: &Url) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.origin() == url.origin() && answer.path() == url.path())
    }

    fn is_start(&self, url: &Url) -> bool {
        let (scheme, host, port) = &self.start;
        url.scheme() == scheme && url.host_str() == Some(host) && url.port_or_known_default() == *port
    }
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(ip)) if ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://am.nhsidentity.spineservices.nhs.uk/openam/oauth2/authorize?client_id=c&state=s\
                        &redirect_uri=http%3A%2F%2F127.0.0.1%3A9411%2Fcallback";

    #[test]
    fn the_issuers_site_the_answer_and_what_the_organisation_names() {
        let sites = Sites::of(
            &PAGE.parse().unwrap(),
            &["login.microsoftonline.com".into(), "idp.nhsidentity.spineservices.nhs.uk".into()],
        );
        for (url, allowed) in [
            ("https://am.nhsidentity.spineservices.nhs.uk/login", true),
            ("https://idp.nhsidentity.spineservices.nhs.uk/", true),
            ("https://other.nhsidentity.spineservices.nhs.uk/", false),
            ("https://nhsidentity.spineservices.nhs.uk/", false),
            ("https://login.microsoftonline.com/common", true),
            ("https://eu.login.microsoftonline.com/", true),
            ("http://127.0.0.1:9411/callback?code=1", true),
            ("about:blank", true),
            ("about:srcdoc", true),
            ("http://am.nhsidentity.spineservices.nhs.uk/login", false),
            ("https://www.nhs.uk/", false),
            ("https://notnhsidentity.spineservices.nhs.uk.example/", false),
            ("https://evilnhsidentity.spineservices.nhs.uk/", false),
            ("https://microsoftonline.com/", false),
            ("http://127.0.0.1:9411/other", false),
            ("http://127.0.0.1:9412/callback", false),
            ("http://localhost:9411/callback", false),
            ("https://127.0.0.1:9411/callback", false),
            ("tauri://localhost/", false),
            ("http://tauri.localhost/", false),
            ("https://tauri.localhost/", false),
            ("file:///etc/passwd", false),
            ("data:text/html,x", false),
            ("javascript:alert(1)", false),
            ("blob:https://am.nhsidentity.spineservices.nhs.uk/1", false),
            ("ftp://am.nhsidentity.spineservices.nhs.uk/", false),
            ("about:config", false),
        ] {
            assert_eq!(sites.allow(&url.parse().unwrap()), allowed, "{url}");
        }
    }

    #[test]
    fn another_companys_host_beside_the_issuers_is_not_shown() {
        let sites = Sites::of(&"https://tenant.uk.auth0.com/authorize".parse().unwrap(), &[]);
        for (url, allowed) in [
            ("https://tenant.uk.auth0.com/login", true),
            ("https://other.uk.auth0.com/", false),
            ("https://uk.auth0.com/", false),
            ("https://auth0.com/", false),
        ] {
            assert_eq!(sites.allow(&url.parse().unwrap()), allowed, "{url}");
        }
        let sites = Sites::of(&"https://10.1.2.3/".parse().unwrap(), &[]);
        assert!(sites.allow(&"https://10.1.2.3/login".parse().unwrap()));
    }

    #[test]
    fn plain_http_is_for_practice_on_this_computer_alone() {
        let sites = Sites::of(&"http://127.0.0.1:8000/authorize".parse().unwrap(), &[]);
        assert_eq!(sites.allow(&"http://127.0.0.1:8000/x".parse().unwrap()), cfg!(feature = "practice"));
        assert!(!sites.allow(&"http://127.0.0.1:8001/x".parse().unwrap()));
        let sites = Sites::of(&"http://10.0.0.1:8000/authorize".parse().unwrap(), &[]);
        assert!(!sites.allow(&"http://10.0.0.1:8000/x".parse().unwrap()));
    }
}
