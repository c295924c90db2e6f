//! A gateway and an issuer that answer as they are told.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use serde_json::{Value, json};

use super::audit::Holder;
use super::issuer::SigningKey;
use super::server::{Request, Response, Server};
use super::{PERSON, RA_USER, ROLE};

/// What happens to the next request of a kind instead of what usually does.
#[derive(Clone)]
pub(crate) enum Instead {
    /// This is answered, and nothing else happens.
    Answer(Response),
    /// It is done, and its answer takes so long.
    Slow(Duration),
    /// It is done, and its answer is lost.
    LoseAnswer,
    /// Every second item of a batch is answered for, the others are left out.
    Half,
    /// Items are answered `in_flight`.
    InFlight,
    /// Items are refused with this code.
    Refuse(&'static str, Value),
}

#[derive(Default)]
pub(crate) struct World {
    /// Claims of the next ID token that differ; null takes one away.
    pub(crate) claims: Vec<(&'static str, Value)>,
    pub(crate) algorithm: Option<&'static str>,
    /// Whether the next ID token is signed with a key that is not the issuer's.
    pub(crate) forged: bool,
    /// What the issuer's document says that differs.
    pub(crate) document: Vec<(&'static str, Value)>,
    /// What stands in `GET /v1/session` that differs.
    pub(crate) session: Vec<(&'static str, Value)>,
    /// What happens instead, by the beginning of the path.
    pub(crate) instead: HashMap<&'static str, VecDeque<Instead>>,
    /// Every request: method, path and body.
    pub(crate) log: Vec<(String, String, String)>,
    /// Registrations by key: profile, frozen body, and the registration.
    pub(crate) registrations: HashMap<String, (String, String, Value)>,
    /// What `GET /v1/devices/waiting` tells.
    pub(crate) waiting: Vec<Value>,
    /// Whether it says that there is more.
    pub(crate) waiting_more: bool,
    /// Its key for shares of vaults; none where it gives no shares.
    pub(crate) vault_key: Option<u8>,
    /// Tombstones.
    pub(crate) cancelled: Vec<String>,
    /// Tombstones of what was taken over: what its author is told.
    pub(crate) taken_over: HashMap<String, Value>,
    /// Keys that were closed before, and what is answered to whoever takes them over.
    pub(crate) closed: HashMap<String, Value>,
    /// What the terms of the next grants say that differs.
    pub(crate) grant: Option<(&'static str, Value)>,
    /// Which key they are signed with, where it is not the one that countersigns.
    pub(crate) grant_key: Option<u8>,
    /// Who holds this computer's audit; none where nobody does.
    pub(crate) audit: Option<Holder>,
    pub(crate) expires_in: u32,
    pub(crate) refreshes: u32,
    /// The proofs that came with codes and refresh tokens, each with what it came with.
    pub(crate) proofs: Vec<(String, contract::Proof)>,
    /// The time by which proofs are judged, in seconds; none where their time is not looked at.
    pub(crate) judges_by: Option<i64>,
}

pub(crate) struct Fake {
    server: Server,
    world: Mutex<World>,
    key: SigningKey,
    forger: SigningKey,
}

impl Fake {
    pub(crate) fn start(folder: &Path) -> Arc<Self> {
        Arc::new_cyclic(|fake: &Weak<Self>| {
            let fake = fake.clone();
            let server = Server::start(folder, move |request| match fake.upgrade() {
                Some(fake) => fake.answer(&request),
                None => Response::HangUp,
            });
            Self {
                server,
                world: Mutex::new(World { expires_in: 600, vault_key: Some(1), ..World::default() }),
                key: SigningKey::new(),
                forger: SigningKey::new(),
            }
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}", self.server.port)
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/cis2", self.url())
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Cuts the network to it, or brings it back.
    pub(crate) fn set_up(&self, up: bool) {
        self.server.set_up(up);
    }

    /// Lets something else happen to the next request whose path begins so.
    pub(crate) fn instead(&self, path: &'static str, what: Instead) {
        self.world().instead.entry(path).or_default().push_back(what);
    }

    pub(crate) fn count(&self, path: &str) -> usize {
        self.world().log.iter().filter(|(_, asked, _)| asked.starts_with(path)).count()
    }

    fn answer(&self, request: &Request) -> Response {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let mut world = self.world();
        world.log.push((request.method.clone(), request.path.clone(), body));
        let instead = world
            .instead
            .iter_mut()
            .find(|(path, _)| request.path.starts_with(**path))
            .and_then(|(_, queue)| queue.pop_front());
        if let Some(Instead::Answer(response)) = instead {
            return response;
        }
        let usual = self.usual(&mut world, request, instead.as_ref());
        drop(world);
        match instead {
            Some(Instead::LoseAnswer) => Response::HangUp,
            Some(Instead::Slow(wait)) => {
                std::thread::sleep(wait);
                usual
            }
            _ => usual,
        }
    }

    fn usual(&self, world: &mut World, request: &Request, instead: Option<&Instead>) -> Response {
        let path = request.path.split('?').next().unwrap_or_default();
        match path {
            "/cis2/.well-known/openid-configuration" => self.document(world),
            "/cis2/jwks" => Response::Json(200, self.key.jwks()),
            "/oauth2/token" => self.tokens(world, request),
            "/oauth2/revoke" => Response::Json(200, json!({})),
            "/v1/session" => session(world),
            "/v1/offline-grants" => grant(world, request),
            "/v1/vaults/share" => vault_share(world, request),
            "/v1/care-identities/search" => Response::Json(200, json!({ "matches": [] })),
            "/v1/devices/waiting" => {
                let (waiting, more) = (&world.waiting, world.waiting_more);
                Response::Json(200, json!({ "receipt": receipt(request), "waiting": waiting, "more": more }))
            }
            "/v1/audit" => world.audit.as_mut().map_or(outcome(404, "NOT_FOUND"), |holder| holder.rows(request)),
            _ if path.starts_with("/v1/devices/") => match &world.audit {
                Some(holder) => holder.device(request),
                None => Response::Json(200, json!({ "receipt": receipt(request) })),
            },
            "/v1/registrations/batch" => batch(world, request, instead),
            "/v1/registrations" => Response::Json(200, json!({ "registrations": [], "next": "1", "more": false })),
            _ if path.starts_with("/v1/care-identities/") => profile(path),
            _ if path.starts_with("/v1/submissions/") => cancel(world, request, path),
            _ if path.starts_with("/v1/registrations/") => registration(world, path),
            _ => outcome(404, "NOT_FOUND"),
        }
    }

    fn document(&self, world: &World) -> Response {
        let issuer = self.issuer();
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "jwks_uri": format!("{issuer}/jwks"),
            "authorization_response_iss_parameter_supported": true,
        });
        change(&mut document, &world.document);
        Response::Json(200, document)
    }

    fn tokens(&self, world: &mut World, request: &Request) -> Response {
        let form: HashMap<String, String> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let shown = form.get("refresh_token").unwrap_or(&form["grant_type"]).clone();
        if let Err(refused) = self.prove(world, request, shown) {
            return refused;
        }
        let mut reply = json!({
            "access_token": format!("access-{}", world.refreshes), "token_type": "Bearer",
            "expires_in": world.expires_in, "refresh_token": format!("refresh-{}", world.refreshes),
            "refresh_expires_in": 43_200,
        });
        if form["grant_type"] == "refresh_token" {
            world.refreshes += 1;
            reply["access_token"] = json!(format!("access-{}", world.refreshes));
            return Response::Json(200, reply);
        }
        let now = jiff_now();
        let mut claims = json!({
            "iss": self.issuer(), "sub": RA_USER, "aud": "ra-desk.practice", "azp": "ra-desk.practice",
            "acr": "AAL3_ANY", "auth_time": now - 5, "iat": now, "exp": now + 600, "nonce": form["nonce"],
            "id_assurance_level": "3", "authentication_assurance_level": "3", "selected_roleid": ROLE,
        });
        change(&mut claims, &world.claims);
        let key = if world.forged { &self.forger } else { &self.key };
        reply["id_token"] = json!(key.sign(world.algorithm.unwrap_or("RS256"), &claims));
        Response::Json(200, reply)
    }
}

impl Fake {
    /// What a gateway asks of a proof, as far as one can without a session.
    fn prove(&self, world: &mut World, request: &Request, shown: String) -> Result<(), Response> {
        let proof = request.headers.get("dpop").and_then(|text| contract::Proof::read(text).ok());
        let refused = || outcome(400, "PROOF_REFUSED");
        let proof = proof.ok_or_else(refused)?;
        let is_used = world.proofs.iter().any(|(_, used)| used.jti == proof.jti);
        let is_theirs = world.proofs.iter().rfind(|(of, _)| of == "authorization_code");
        let is_theirs = shown == "authorization_code" || is_theirs.is_some_and(|(_, first)| first.key == proof.key);
        if proof.htm != "POST" || proof.htu != format!("{}/oauth2/token", self.url()) || is_used || !is_theirs {
            return Err(refused());
        }
        if let Some(now) = world.judges_by.filter(|now| now.abs_diff(proof.iat) > 120) {
            let date = jiff::Timestamp::from_second(now).unwrap();
            let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
            return Err(Response::JsonWith(400, vec![("Date", date)], outcome_body("PROOF_OUT_OF_TIME", "")));
        }
        world.proofs.push((shown, proof));
        Ok(())
    }
}

fn change(value: &mut Value, changes: &[(&'static str, Value)]) {
    for (name, changed) in changes {
        if changed.is_null() {
            value.as_object_mut().unwrap().remove(*name);
        } else {
            value[*name] = changed.clone();
        }
    }
}

pub(crate) fn jiff_now() -> i64 {
    use desk::Clock;
    desk::SystemClock::start().now().as_second()
}

fn session(world: &World) -> Response {
    let now = desk::Clock::now(&desk::SystemClock::start());
    let role = json!({
        "role": {
            "id": ROLE, "code": "S0080:G0440:R5090", "name": "Registration Authority Agent", "ra_role": "ra_agent",
            "organisation": { "code": "B81603", "name": "A practice" }
        },
        "access": "register"
    });
    let mut session = json!({
        "user": { "uuid": RA_USER, "name": "Made Up" },
        "role": role, "roles": [role],
        "may": { "find": true, "register": true, "remove": true },
        "policy": {
            "mail_domains": ["nhs.net"], "link_lifetime_minutes": 60, "presence_required": false,
            "queue_age_days": 14, "link_attempts": 5,
            "declaration": { "id": "nhs-net-connect-user", "version": "1", "sentences": ["It is mine."] }
        },
        "server_time": now.to_string(),
        "ends_at": (now + jiff::SignedDuration::from_hours(12)).to_string(),
    });
    change(&mut session, &world.session);
    Response::Json(200, session)
}

/// The share of a vault of whoever is signed in; or of whom a manager names.
fn vault_share(world: &World, request: &Request) -> Response {
    use base64::Engine;
    let Some(key) = world.vault_key else { return outcome(404, "NOT_FOUND") };
    let asked: contract::VaultRequest = serde_json::from_slice(&request.body).unwrap();
    let user = world.session.iter().find(|(name, _)| *name == "user");
    let own = user.map_or(RA_USER, |(_, user)| user["uuid"].as_str().unwrap());
    let whose = asked.of.map_or(own.to_owned(), |of| of.author.to_string());
    let share = <sha2::Sha256 as sha2::Digest>::digest(format!("{key} {whose} {}", asked.vault));
    let share = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(share);
    Response::Json(200, json!({ "receipt": receipt(request), "share": share }))
}

/// Leave for whoever is signed in to record on a computer for three days.
fn grant(world: &World, request: &Request) -> Response {
    use contract::{Countersigning, OfflineGrant, OfflineTerms, PublicKey};
    let Some(holder) = &world.audit else { return outcome(404, "NOT_FOUND") };
    let Response::Json(_, session) = session(world) else { unreachable!("it is JSON") };
    let asked: Value = serde_json::from_slice(&request.body).unwrap();
    let now = desk::Clock::now(&desk::SystemClock::start());
    let mut terms = json!({
        "device": asked["device"], "user": session["user"], "role": session["role"]["role"],
        "policy": session["policy"], "issued_at": now, "until": now + jiff::SignedDuration::from_hours(72),
    });
    match &world.grant {
        Some(("role.id", value)) => terms["role"]["id"] = value.clone(),
        Some((field @ "issued_at", value)) => {
            terms[*field] = value.clone();
            terms["until"] = json!("2020-01-04T00:00:00Z");
        }
        Some((field, value)) => terms[*field] = value.clone(),
        None => {}
    }
    let terms: OfflineTerms = serde_json::from_value(terms).unwrap();
    let key = world.grant_key.map_or_else(|| holder.key.clone(), super::audit::secret);
    let countersigning = Countersigning { key: PublicKey::of(&key), follows: holder.follows.clone() };
    let grant = OfflineGrant::sign(&terms, &key).unwrap();
    Response::Json(200, json!({ "receipt": receipt(request), "grant": grant, "countersigning": countersigning }))
}

pub(crate) fn person(uuid: &str) -> Value {
    json!({
        "uuid": uuid, "name": { "given": "Quintessa", "family": "Featherstonehaugh" },
        "birth_date": "1985-03-27", "status": "active", "email": "quintessa.featherstonehaugh@nhs.net",
        "nino_held": true, "managed_in_esr": false, "positions": [], "authenticators": []
    })
}

fn profile(path: &str) -> Response {
    let uuid = path.rsplit('/').next().unwrap_or(PERSON);
    Response::Json(200, json!({ "profile": person(uuid), "profile_seen": "0".repeat(64), "warnings": [] }))
}

fn receipt(request: &Request) -> Value {
    json!({ "request_id": request.headers["x-request-id"], "at": "2026-01-01T00:00:00Z" })
}

fn batch(world: &mut World, request: &Request, instead: Option<&Instead>) -> Response {
    assert!(request.headers.contains_key("x-correlation-id"));
    let asked: contract::BatchRequest = serde_json::from_slice(&request.body).unwrap();
    let mut results = Vec::new();
    for (at, item) in asked.items.iter().enumerate() {
        let key = item.key.to_string();
        let said = item.body.body().unwrap();
        assert_eq!(request.headers["nhsd-session-urid"], said.recorded_role.as_str(), "in the role it was recorded in");
        let from = said.taken_over.as_ref().map(|from| from.key.to_string());
        let result = match instead {
            Some(Instead::Half) if at % 2 == 1 => continue,
            Some(Instead::InFlight) => json!({ "outcome": "in_flight" }),
            Some(Instead::Refuse(code, detail)) => json!({ "outcome": "refused", "code": code, "detail": detail }),
            _ if world.cancelled.contains(&key) => json!({ "outcome": "withdrawn" }),
            _ if world.taken_over.contains_key(&key) => {
                json!({ "outcome": "withdrawn", "taken_over": world.taken_over[&key] })
            }
            _ if from.as_ref().is_some_and(|from| world.closed.contains_key(from)) => {
                let mut result = world.closed[&from.unwrap()].clone();
                result["outcome"] = json!("withdrawn");
                result
            }
            _ if from.as_ref().is_some_and(|from| world.registrations.contains_key(from)) => {
                let mut registration = world.registrations[&from.unwrap()].2.clone();
                registration.as_object_mut().unwrap().remove("link");
                json!({ "outcome": "refused", "code": "ALREADY_REGISTERED", "detail": { "registration": registration } })
            }
            _ => {
                if let Some(from) = said.taken_over {
                    let told = json!({ "by": "Made Up Manager", "at": from.at, "reason": from.reason });
                    for (key, ..) in from.originals() {
                        world.taken_over.insert(key.to_string(), told.clone());
                    }
                }
                let replay = world.registrations.contains_key(&key);
                let (_, body, registration) = world.registrations.entry(key.clone()).or_insert_with(|| {
                    let body = item.body.body().unwrap();
                    let registration = json!({
                        "id": uuid(u128::from_str_radix(&key.replace('-', ""), 16).unwrap() ^ 1),
                        "key": key, "care_identity": item.care_identity, "address": body.address,
                        "state": "waiting_for_them", "registered_by": "Made Up",
                        "registered_at": "2026-01-01T00:00:00Z",
                        "link": { "url": "https://link.example/link/secret-token", "expires_at": "2036-01-01T00:00:00Z" },
                        "progress": { "wrong_account": 0, "attempts_left": 5 },
                    });
                    (item.care_identity.to_string(), item.body.as_str().to_owned(), registration)
                });
                assert_eq!(body, item.body.as_str(), "the same key has the same bytes at each attempt");
                json!({ "outcome": "registered", "registration": registration, "replay": replay })
            }
        };
        let mut result = result;
        result["key"] = json!(item.key);
        results.push(result);
    }
    Response::Json(200, json!({ "receipt": receipt(request), "results": results }))
}

fn uuid(number: u128) -> String {
    uuid::Uuid::from_u128(number).to_string()
}

fn cancel(world: &mut World, request: &Request, path: &str) -> Response {
    let key = path.split('/').nth(3).unwrap().to_owned();
    let mut reply = match world.registrations.get(&key) {
        Some((_, _, registration)) => json!({ "outcome": "registered", "registration": registration }),
        None => json!({ "outcome": "withdrawn" }),
    };
    if reply["outcome"] == "withdrawn" {
        world.cancelled.push(key);
    }
    reply["receipt"] = receipt(request);
    Response::Json(200, reply)
}

fn registration(world: &mut World, path: &str) -> Response {
    let id = path.split('/').nth(3).unwrap();
    match world.registrations.values().find(|(_, _, registration)| registration["id"] == id) {
        Some((_, _, registration)) => Response::Json(200, registration.clone()),
        None => outcome(404, "NOT_FOUND"),
    }
}

pub(crate) fn outcome(status: u16, code: &str) -> Response {
    Response::Json(status, outcome_body(code, ""))
}

pub(crate) fn outcome_body(code: &str, diagnostics: &str) -> Value {
    json!({ "resourceType": "OperationOutcome", "issue": [{
        "severity": "error", "code": "x", "diagnostics": diagnostics,
        "details": { "coding": [{ "system": "s", "code": code }] } }] })
}
