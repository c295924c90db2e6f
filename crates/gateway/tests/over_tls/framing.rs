//! What every call has in common: ids, errors, headers, limits.

use contract::FaultCode;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::issuer::uuid_text;
use crate::world::{AGENT, Answer, World};

#[tokio::test]
async fn every_error_is_an_operation_outcome() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let search = "/v1/care-identities/search";
    let typed = |kind: &'static str| session.request(Method::POST, search).header("content-type", kind).body("{}");
    let cases = [
        ("no such call", session.request(Method::GET, "/v2/x"), 404, FaultCode::NotFound),
        ("no such method", session.request(Method::DELETE, "/v1/session"), 405, FaultCode::InvalidRequest),
        ("no token", world.client.get(world.url("/v1/session")), 401, FaultCode::SignInNeeded),
        ("unknown token", world.client.get(world.url("/v1/session")).bearer_auth("x"), 401, FaultCode::SignInNeeded),
        ("not JSON", typed("text/plain"), 415, FaultCode::InvalidRequest),
        ("no type", session.request(Method::POST, search).body("{}"), 415, FaultCode::InvalidRequest),
        ("wrong shape", typed("application/json"), 400, FaultCode::InvalidRequest),
        ("too large", session.request(Method::POST, search).json(&"x".repeat(70_000)), 413, FaultCode::TooLarge),
        (
            "odd request id",
            session.request(Method::GET, "/v1/session").header("X-Request-ID", "7"),
            400,
            FaultCode::InvalidRequest,
        ),
        (
            "form for token",
            world.client.post(world.url("/oauth2/token")).json(&json!({})),
            415,
            FaultCode::InvalidRequest,
        ),
    ];
    for (what, request, status, code) in cases {
        let answer = Answer::of(request).await;
        assert_eq!((answer.status.as_u16(), answer.fault()), (status, code), "{what}: {}", answer.text);
        assert_eq!(answer.headers["cache-control"], "no-store", "{what}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{what}");
        assert!(answer.headers.contains_key("x-request-id"), "{what}");
        assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401, "{what}");
    }
}

#[tokio::test]
async fn a_wrong_value_is_not_repeated_in_the_error() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    for body in [
        json!({ "by": "details", "family": "Vertraulich<>", "given": "Sam" }),
        json!({ "by": "Vertraulich" }),
        json!({ "by": "uuid", "uuid": "Vertraulich" }),
        json!({ "by": "uuid", "Vertraulich": 1 }),
    ] {
        let answer = session.post("/v1/care-identities/search", &body).await;
        assert_eq!(answer.fault(), FaultCode::InvalidRequest);
        assert!(!answer.text.contains("Vertraulich"), "{}", answer.text);
    }
}

#[tokio::test]
async fn ids_are_mirrored_and_stand_in_receipts() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let (request, correlation) = (uuid_text(), uuid_text());
    let call = session
        .request(Method::PUT, &format!("/v1/submissions/{}/cancel", uuid_text()))
        .header("X-Request-ID", &request)
        .header("X-Correlation-ID", &correlation);
    let answer = Answer::of(call).await;
    assert_eq!(answer.headers["x-request-id"], request.as_str());
    assert_eq!(answer.headers["x-correlation-id"], correlation.as_str());
    assert_eq!(answer.body["receipt"]["request_id"], request.as_str());
    let rows = format!("SELECT count(*) FROM audit WHERE request = '{request}' AND action = 'cancel'");
    assert_eq!(world.count(&rows), 1);
}

#[tokio::test]
async fn a_flood_of_those_whom_nobody_knows_is_held_back_and_disturbs_nobody_else() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let post = async |path: &str| {
        let form = [("grant_type", "authorization_code")];
        Answer::of(world.client.post(world.url(path)).form(&form)).await
    };
    // The sign-in was the first of the 200.
    for _ in 0..199 {
        assert_eq!(post("/oauth2/token").await.status, StatusCode::BAD_REQUEST);
    }
    let answer = post("/oauth2/token").await;
    let told = (answer.status, answer.fault());
    assert_eq!(told, (StatusCode::TOO_MANY_REQUESTS, FaultCode::TooManyRequests));
    assert_eq!(answer.headers["retry-after"], "1");
    let page = post("/link/unknown").await;
    assert_eq!((page.status, crate::link::result(&page)), (StatusCode::TOO_MANY_REQUESTS, "busy"));
    assert_eq!(page.headers["retry-after"], "1");
    assert_eq!(session.get("/v1/session").await.status, StatusCode::OK, "who is signed in goes on");
    assert_eq!(post("/oauth2/revoke").await.status, StatusCode::BAD_REQUEST, "and can sign out");
    assert_eq!(post("/backchannel-logout").await.status, StatusCode::BAD_REQUEST, "and the issuer is heard");
    world.clock.pass(jiff::SignedDuration::from_secs(1));
    assert_eq!(post("/link/unknown").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn ten_megabytes_are_answered_and_not_kept() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let body = format!(r#"{{"items":["{}"]}}"#, "x".repeat(10 * 1024 * 1024));
    let request =
        session.request(Method::POST, "/v1/registrations/batch").header("content-type", "application/json").body(body);
    let answer = Answer::of(request).await;
    assert_eq!((answer.status, answer.fault()), (StatusCode::PAYLOAD_TOO_LARGE, FaultCode::TooLarge));
    assert_eq!(session.get("/v1/session").await.status, StatusCode::OK, "and the gateway goes on");
}

#[tokio::test]
async fn operations_are_answered() {
    let world = World::start().await;
    let get = async |path: &str| Answer::of(world.client.get(world.url(path))).await;
    assert_eq!(get("/livez").await.text, "ok\n");
    assert_eq!(get("/readyz").await.text, "ready\n");
    world.sign_in(AGENT).await;
    let metrics = get("/metrics").await.text;
    assert!(metrics.contains("gateway_sign_ins_total 1\n"), "{metrics}");
    assert!(metrics.contains("gateway_answers_total{class=\"2xx\"} 3\n"), "{metrics}");
    let jwks = get("/.well-known/jwks.json").await.body;
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 1, "one key is used for both issuers");
    let key = jwks["keys"][0].as_object().unwrap();
    assert_eq!((&key["kid"], &key["kty"], &key["alg"]), (&json!("gateway-1"), &json!("RSA"), &json!("RS512")));
    assert!(["d", "p", "q"].iter().all(|private| !key.contains_key(*private)));
}

#[tokio::test]
async fn the_document_names_every_call_and_every_call_is_there() {
    let world = World::start().await;
    let document = Answer::of(world.client.get(world.url("/openapi.json"))).await.body;
    assert_eq!(document["openapi"], "3.1.0");
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            calls.push(format!("{} {path}", method.to_uppercase()));
            let uuid = uuid_text();
            let real = path.replace("{uuid}", "555000000001").replace("{id}", &uuid).replace("{key}", &uuid);
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = Answer::of(world.client.request(method, world.url(&real))).await;
            let missing = answer.status == StatusCode::NOT_FOUND || answer.status == StatusCode::METHOD_NOT_ALLOWED;
            assert!(!missing, "{path} is routed");
        }
    }
    calls.sort();
    assert_eq!(
        calls,
        [
            "GET /.well-known/jwks.json",
            "GET /livez",
            "GET /metrics",
            "GET /openapi.json",
            "GET /readyz",
            "GET /v1/care-identities/{uuid}",
            "GET /v1/devices/waiting",
            "GET /v1/registrations",
            "GET /v1/registrations/{id}",
            "GET /v1/session",
            "POST /backchannel-logout",
            "POST /oauth2/revoke",
            "POST /oauth2/token",
            "POST /v1/audit",
            "POST /v1/care-identities/search",
            "POST /v1/care-identities/{uuid}/authenticators/{id}/removal",
            "POST /v1/issuer/authenticator",
            "POST /v1/offline-grants",
            "POST /v1/registrations/batch",
            "POST /v1/registrations/{id}/link",
            "POST /v1/vaults/share",
            "PUT /v1/devices/{id}",
            "PUT /v1/submissions/{key}/cancel",
        ]
    );
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in ["BatchReply", "OperationOutcome", "ProfileReply", "SessionReply", "TokenReply"] {
        assert!(schemas.contains_key(name), "{name}");
    }
    assert_no_dangling(&document, schemas);
}

fn assert_no_dangling(value: &Value, schemas: &serde_json::Map<String, Value>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) = fields.get("$ref").and_then(Value::as_str) {
                let name = name.rsplit('/').next().unwrap();
                assert!(schemas.contains_key(name), "{name} is referred to and not defined");
            }
            fields.values().for_each(|value| assert_no_dangling(value, schemas));
        }
        Value::Array(values) => values.iter().for_each(|value| assert_no_dangling(value, schemas)),
        _ => {}
    }
}
