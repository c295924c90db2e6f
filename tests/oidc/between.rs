//! What stands between gateway and desk: it reads what they say to each other, and changes what a test wants changed.
//!
//! It is found under the gateway's own address, so what it passes on unchanged is the gateway's. Changed, it is a
//! gateway that lies, which the desk has to find out.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use axum_server::tls_rustls::RustlsConfig;
use contract::{FaultCode, OperationOutcome};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::Value;
use tests::Outcome;

use crate::serving::{Serving, Taken};
use crate::stand::client;

type Lie = Arc<dyn Fn(&str, &mut Value) + Send + Sync>;
type Form = Vec<(String, String)>;
type Garble = Arc<dyn Fn(&mut Form) + Send + Sync>;

/// One call of the desk.
#[derive(Clone)]
pub struct Said {
    /// Path and query.
    pub path: String,
    /// The desk's headers.
    pub headers: HeaderMap,
    /// What the desk sent.
    pub body: String,
    /// What the gateway answered with.
    pub status: u16,
    /// The gateway's headers.
    pub reply_headers: HeaderMap,
    /// What the gateway answered.
    pub reply: String,
}

struct Inner {
    port: OnceLock<u16>,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    said: Vec<Said>,
    lie: Option<Lie>,
    garble: Option<Garble>,
}

/// What stands between them. It ends when it is dropped.
pub struct Between {
    inner: Arc<Inner>,
    url: String,
    _serving: Serving,
}

impl Between {
    /// Starts one that changes nothing.
    pub fn start(tls: RustlsConfig) -> Outcome<Self> {
        let port = Taken::free()?;
        let url = port.url("");
        let inner = Arc::new(Inner { port: OnceLock::new(), book: Mutex::default() });
        let router = Router::new().fallback(pass_on).with_state(inner.clone());
        Ok(Self { inner, url, _serving: port.serve(tls, router)? })
    }

    /// The gateway's address, as everybody knows it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the gateway really is.
    pub fn is_in_front_of(&self, port: u16) {
        // It is told once.
        let _ = self.inner.port.set(port);
    }

    /// From now on the gateway's JSON is changed: by its path.
    pub fn lie(&self, lie: impl Fn(&str, &mut Value) + Send + Sync + 'static) {
        self.book().lie = Some(Arc::new(lie));
    }

    /// From now on the form that the desk sends to the token endpoint is changed.
    pub fn garble(&self, garble: impl Fn(&mut Form) + Send + Sync + 'static) {
        self.book().garble = Some(Arc::new(garble));
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Said> {
        self.book().said.clone()
    }

    /// Every call so far to a path.
    pub fn calls_to(&self, path: &str) -> Vec<Said> {
        self.book().said.iter().filter(|said| said.path.split('?').next() == Some(path)).cloned().collect()
    }

    /// What the gateway named last as the reason why not, and how it put it.
    pub fn last_fault(&self) -> Outcome<(FaultCode, String)> {
        let said = self.calls();
        let reply = said.iter().rev().find(|said| said.status >= 400).ok_or("the gateway refused nothing")?;
        fault_of(&reply.reply)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.inner.book()
    }
}

/// The reason that stands in an answer of the gateway.
pub fn fault_of(reply: &str) -> Outcome<(FaultCode, String)> {
    let outcome: OperationOutcome = serde_json::from_str(reply)?;
    let value: Value = serde_json::from_str(reply)?;
    let words = value["issue"][0]["diagnostics"].as_str().unwrap_or_default().to_owned();
    Ok((outcome.fault().ok_or("the gateway names no reason")?, words))
}

impl Inner {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn pass_on(
    State(inner): State<Arc<Inner>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match passed_on(&inner, method, &uri, headers, body).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn passed_on(
    inner: &Inner,
    method: Method,
    uri: &http::Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Outcome<Response> {
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let port = inner.port.get().ok_or("there is no gateway yet")?;
    let mut request = client()?.request(method, format!("https://localhost:{port}{path}"));
    for (name, value) in &headers {
        if ![header::HOST, header::CONTENT_LENGTH].contains(name) {
            request = request.header(name, value);
        }
    }
    let garble = inner.book().garble.clone().filter(|_| path == "/oauth2/token");
    let body = match garble {
        Some(garble) => {
            let mut form: Form = url::form_urlencoded::parse(&body).into_owned().collect();
            garble(&mut form);
            Bytes::from(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish())
        }
        None => body,
    };
    let reply = request.body(body.clone()).send().await?;
    let (status, reply_headers) = (reply.status(), reply.headers().clone());
    let mut bytes = reply.bytes().await?.to_vec();
    let mut book = inner.book();
    if let (Some(lie), Ok(mut value)) = (&book.lie, serde_json::from_slice::<Value>(&bytes)) {
        lie(uri.path(), &mut value);
        bytes = value.to_string().into_bytes();
    }
    book.said.push(Said {
        path,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        status: status.as_u16(),
        reply_headers: reply_headers.clone(),
        reply: String::from_utf8_lossy(&bytes).into_owned(),
    });
    drop(book);
    let mut response = (status, bytes).into_response();
    for (name, value) in &reply_headers {
        if ![header::CONTENT_LENGTH, header::CONNECTION, header::TRANSFER_ENCODING].contains(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    Ok(response)
}
