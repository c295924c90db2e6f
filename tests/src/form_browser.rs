//! A browser without a screen: follows links, presses buttons in forms, keeps cookies.
//!
//! It knows as much of HTML as the practice world's and the gateway's own pages have: forms with buttons, inputs
//! with a name and a value. What a person sees is looked at in a real browser (`window`, the walk).

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, redirect};
use url::Url;

use crate::Outcome;

/// How many redirects are followed: the issuer's, the gateway's, the loopback's.
const MOST_REDIRECTS: usize = 12;

/// A browser with cookies of its own.
pub struct FormBrowser {
    client: Client,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// A page that was shown.
pub struct Shown {
    /// Where it is.
    pub url: Url,
    /// Its status.
    pub status: u16,
    /// Its text.
    pub html: String,
}

impl Default for FormBrowser {
    #[expect(clippy::disallowed_methods, clippy::expect_used, reason = "a browser of its own, in a test")]
    fn default() -> Self {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(std::time::Duration::from_secs(30))
            .build()
            .expect("a client without certificates can be made");
        Self { client, cookies: BTreeMap::new() }
    }
}

impl FormBrowser {
    /// Goes to an address.
    pub async fn goto(&mut self, url: &str) -> Outcome<Shown> {
        self.fetch(Method::GET, Url::parse(url)?, Vec::new()).await
    }

    /// Presses the button of that name (and value) on a page, with some fields filled in.
    pub async fn press(&mut self, page: &Shown, button: (&str, Option<&str>), fill: &[(&str, &str)]) -> Outcome<Shown> {
        let (name, value) = button;
        let (form, pressed) = find_form(&page.html, name, value)
            .ok_or_else(|| format!("no button {name} {value:?} on {}", page.url.path()))?;
        let open = form.split('>').next().unwrap_or_default();
        let action = attribute(open, "action").map_or(Ok(page.url.clone()), |action| page.url.join(&action))?;
        let method = if attribute(open, "method").is_some_and(|m| m.eq_ignore_ascii_case("post")) {
            Method::POST
        } else {
            Method::GET
        };
        let mut fields: Vec<(String, String)> = form
            .split("<input")
            .skip(1)
            .filter_map(|input| {
                let input = input.split('>').next()?;
                Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
            })
            .collect();
        for (name, value) in fill {
            fields.retain(|(field, _)| field != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        fields.push((name.to_owned(), attribute(&pressed, "value").unwrap_or_default()));
        self.fetch(method, action, fields).await
    }

    async fn fetch(&mut self, mut method: Method, mut url: Url, mut fields: Vec<(String, String)>) -> Outcome<Shown> {
        for _ in 0..MOST_REDIRECTS {
            let host = url.authority().to_owned();
            let mut request = if method == Method::POST {
                self.client.post(url.clone()).form(&fields)
            } else {
                url.query_pairs_mut().extend_pairs(&fields);
                if url.query() == Some("") {
                    url.set_query(None);
                }
                self.client.get(url.clone())
            };
            if let Some(jar) = self.cookies.get(&host) {
                let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
                request = request.header(COOKIE, cookies.join("; "));
            }
            let reply = request.send().await?;
            for cookie in reply.headers().get_all(SET_COOKIE) {
                let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
                if let Some((name, value)) = pair.split_once('=') {
                    self.cookies.entry(host.clone()).or_default().insert(name.to_owned(), value.to_owned());
                }
            }
            let status = reply.status();
            if let Some(location) = reply.headers().get(LOCATION).filter(|_| status.is_redirection()) {
                url = url.join(location.to_str()?)?;
                (method, fields) = (Method::GET, Vec::new());
                continue;
            }
            return Ok(Shown { url, status: status.as_u16(), html: reply.text().await? });
        }
        Err("redirected too often".into())
    }
}

impl Shown {
    /// What the page says it is: the gateway's link pages carry `data-result`.
    pub fn result(&self) -> Option<String> {
        let body = self.html.split("<body").nth(1)?.split('>').next()?;
        attribute(body, "data-result")
    }

    /// Whether it has a button of that name.
    pub fn has_button(&self, name: &str) -> bool {
        find_form(&self.html, name, None).is_some()
    }
}

/// The form around a button, and the button's own tag.
fn find_form(html: &str, name: &str, value: Option<&str>) -> Option<(String, String)> {
    html.split("<form").skip(1).find_map(|form| {
        let form = form.split("</form>").next()?;
        let button = form.split("<button").skip(1).find_map(|button| {
            let tag = button.split('>').next()?;
            let named = attribute(tag, "name").as_deref() == Some(name);
            let valued = value.is_none_or(|value| attribute(tag, "value").as_deref() == Some(value));
            (named && valued).then(|| tag.to_owned())
        })?;
        Some((form.to_owned(), button))
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = tag.get(start..)?.split('"').next()?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_are_found_in_their_own_form() {
        let html = r#"<form method="get"><button name="q">Go</button></form>
            <form method="post" action="/x?a=1&amp;b=2"><input type="hidden" name="h" value="&quot;1&quot;">
            <button name="user" value="1">A</button><button name="user" value="2">B</button></form>"#;
        let (form, button) = find_form(html, "user", Some("2")).unwrap();
        assert!(form.contains("/x?a=1") && attribute(&button, "value").unwrap() == "2");
        assert_eq!(attribute(&form, "action").unwrap(), "/x?a=1&b=2");
        assert!(find_form(html, "user", Some("3")).is_none());
    }
}
