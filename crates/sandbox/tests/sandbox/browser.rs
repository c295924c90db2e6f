//! As much of a browser as the pages need: follows redirects, keeps cookies, presses buttons.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use url::Url;

/// A person's browser.
pub struct Browser {
    http: reqwest::Client,
    home: Url,
    also: Vec<Url>,
    cookies: BTreeMap<String, String>,
}

/// Where a request ended.
#[derive(Debug)]
pub enum Landed {
    /// A page of the sandbox.
    Page(Page),
    /// Sent on to another program.
    Away(Url),
}

/// A page.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    pub url: Url,
    pub html: String,
}

impl Browser {
    pub fn at(home: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one client of a test's browser")]
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { http, home: home.parse().unwrap(), also: Vec::new(), cookies: BTreeMap::new() }
    }

    /// Goes on at another place too, rather than stopping there.
    pub fn and_at(mut self, other: &str) -> Self {
        self.also.push(other.parse().unwrap());
        self
    }

    pub async fn open(&mut self, url: &str) -> Landed {
        let url = self.home.join(url).unwrap();
        let request = self.http.get(url.clone());
        self.follow(url, request).await
    }

    pub async fn page(&mut self, url: &str) -> Page {
        self.open(url).await.page()
    }

    /// Presses a button, with whatever was typed into its form.
    pub async fn press(&mut self, page: &Page, name: &str, value: Option<&str>, typed: &[(&str, &str)]) -> Landed {
        let button = match value {
            Some(value) => format!(" name=\"{name}\" value=\"{value}\""),
            None => format!(" name=\"{name}\""),
        };
        let at = page.html.find(&button).unwrap_or_else(|| panic!("no {button} on the page"));
        self.send(page, at, &[&[(name, value.unwrap_or("yes"))], typed].concat()).await
    }

    /// Types into one field and presses Enter.
    pub async fn fill(&mut self, page: &Page, name: &str, text: &str) -> Landed {
        let at = page.html.find(&format!(" name=\"{name}\"")).unwrap_or_else(|| panic!("no field {name}"));
        self.send(page, at, &[(name, text)]).await
    }

    /// Sends something that no button on the page would.
    pub async fn forge(&mut self, page: &Page, fields: &[(&str, &str)]) -> Landed {
        let at = page.html.find("</form>").unwrap();
        self.send(page, at, fields).await
    }

    async fn send(&mut self, page: &Page, at: usize, fields: &[(&str, &str)]) -> Landed {
        let form = page.html[..at].rfind("<form").expect("a form around the button");
        let tag = page.html[form..at].split('>').next().unwrap();
        let action = tag.split("action=\"").nth(1).map_or("", |rest| rest.split('"').next().unwrap());
        let url = page.url.join(action).unwrap();
        let request = self.http.post(url.clone()).form(fields);
        self.follow(url, request).await
    }

    async fn follow(&mut self, mut url: Url, mut request: reqwest::RequestBuilder) -> Landed {
        for _ in 0..10 {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let response = request.header("cookie", cookies.join("; ")).send().await.unwrap();
            for cookie in response.headers().get_all("set-cookie") {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            let Some(location) = response.headers().get("location") else {
                let status = response.status();
                return Landed::Page(Page { status, url, html: response.text().await.unwrap() });
            };
            url = url.join(location.to_str().unwrap()).unwrap();
            if url.origin() != self.home.origin() && !self.also.iter().any(|other| other.origin() == url.origin()) {
                return Landed::Away(url);
            }
            request = self.http.get(url.clone());
        }
        panic!("sent on and on");
    }
}

impl Landed {
    pub fn page(self) -> Page {
        match self {
            Self::Page(page) => page,
            Self::Away(url) => panic!("a page was expected, not {url}"),
        }
    }

    /// What stands in the address the person was sent away to.
    pub fn answer(self) -> BTreeMap<String, String> {
        match self {
            Self::Away(url) => url.query_pairs().into_owned().collect(),
            Self::Page(page) => panic!("an answer was expected, not {}: {}", page.status, page.name()),
        }
    }
}

impl Page {
    /// Which page it says it is.
    pub fn name(&self) -> &str {
        self.html.split("data-page=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    pub fn has(&self, text: &str) -> bool {
        self.html.contains(text)
    }
}
