//! Making a practice folder: people, keys, certificate, and the settings of gateway, sandbox and desk.
//!
//! A file that is there is never written again, so keys and edits stay. The folder of another world is refused
//! rather than mixed: what was registered there belongs to people who would no longer exist.

mod files;
mod tls;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use gateway::{Config, Directory, Issuer, LinkPage, NhsNet, PolicyConfig, Secret, Tls};
use jsonwebtoken::Algorithm;

use crate::keys::{self, SigningKey};
use crate::settings::{ClientSettings, DeskSettings, MadeWith, SandboxSettings};
use crate::{random, world::World};
pub(crate) use files::read_text;
use files::{Private, Public, write_missing};

/// The client id under which the gateway's sign-ins are known at the practice CIS2.
pub const DESK_CLIENT: &str = "ra-desk.practice";
/// The client id of the gateway at the practice NHS.net Connect.
pub const GATEWAY_CLIENT: &str = "ra-gateway.practice";

const CLIENT_KEY_ID: &str = "gateway-1";
const CLIENT_KEY: &str = "gateway-client-key.pem";
const CLIENT_JWKS: &str = "gateway-jwks.json";
const CA: &str = "ca.pem";
const PEOPLE: &str = "people.jsonl";
const WORLD: &str = "world.json";

/// What a practice world is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How many people; the fixed ones are always there.
    pub people: usize,
    /// Same seed, same people.
    pub seed: u64,
    /// Where everything listens.
    pub ports: Ports,
    /// Name or address of this computer in the URLs: `127.0.0.1`, `::1` or `localhost`.
    pub host: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { people: 2_000, seed: 1, ports: Ports::Fixed(9_400), host: "127.0.0.1".to_owned() }
    }
}

/// Where everything listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// From this port on: +0 sandbox, +4 link page, +11 and +12 the desk's return, +43 gateway.
    Fixed(u16),
    /// Ports that are free now, for tests.
    Free,
}

/// Where everything is, once made.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The folder.
    pub dir: PathBuf,
    /// The gateway's configuration, `gateway.toml`.
    pub gateway_config: PathBuf,
    /// The desk's settings, `desk.toml`.
    pub desk_settings: PathBuf,
    /// The sandbox's settings, `sandbox.toml`.
    pub sandbox_settings: PathBuf,
    /// The authority to trust, `ca.pem`.
    pub ca: PathBuf,
    /// The issuer, exactly as text.
    pub issuer_url: String,
    /// How desks reach the gateway.
    pub gateway_url: String,
    /// How people reach the sandbox: the start page.
    pub sandbox_url: String,
    /// How users reach the page where they finish a registration.
    pub link_url: String,
}

/// Why no practice folder could be made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The pages are plain http, which is only for this computer.
    #[error("host must be 127.0.0.1, ::1 or localhost: the practice pages have no TLS and are for this computer only")]
    NotThisComputer,
    /// No room for all ports.
    #[error("the first port must be between 1024 and {}, so that all ports up to +43 exist", u16::MAX - 43)]
    PortsOutOfRange,
    /// No port is free.
    #[error("no free port: {0}")]
    NoFreePort(std::io::Error),
    /// Another world is there.
    #[error(
        "{dir} holds a practice world made with --people {people} --seed {seed} --port-base {ports} --host {host}; \
         choose another folder, or remove this one if nothing in it is needed"
    )]
    AnotherWorld {
        /// The folder.
        dir: PathBuf,
        /// Its number of people.
        people: usize,
        /// Its seed.
        seed: String,
        /// Its ports.
        ports: String,
        /// Its host.
        host: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that is there is not what it should be.
    #[error("{path} is not understood: {message}")]
    NotUnderstood {
        /// Which.
        path: PathBuf,
        /// What the parser says.
        message: String,
    },
    /// A file could not be put into words.
    #[error("{file} cannot be written: {message}")]
    NotWritable {
        /// Which.
        file: &'static str,
        /// Why.
        message: String,
    },
    /// A key or certificate could not be made.
    #[error(transparent)]
    Key(#[from] keys::KeyError),
    /// A certificate could not be made.
    #[error("the practice certificate cannot be made: {0}")]
    Certificate(String),
}

/// Makes what is missing of a practice folder and says where everything is.
pub fn init(dir: &Path, options: Options) -> Result<Layout, InitError> {
    let ip = match options.host.as_str() {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        other => other.parse().map_err(|_| InitError::NotThisComputer)?,
    };
    if !ip.is_loopback() {
        return Err(InitError::NotThisComputer);
    }
    std::fs::create_dir_all(dir).map_err(|source| InitError::File { path: dir.to_owned(), source })?;

    let settings = match read_settings(dir)? {
        Some(settings) if settings.made_with == made_with(&options) => settings,
        Some(settings) => {
            let MadeWith { people, seed, ports, host } = settings.made_with;
            return Err(InitError::AnotherWorld { dir: dir.to_owned(), people, seed, ports, host });
        }
        None => new_settings(&options, &Chosen::ports(options.ports, ip)?),
    };
    // The settings come first: an `init` that was cut short goes on with the ports and the secret it chose.
    write_missing(dir, SANDBOX_TOML, Private, || to_toml(SANDBOX_TOML, &settings))?;

    write_missing(dir, CLIENT_KEY, Private, || Ok(keys::new_rsa_pem()?))?;
    write_missing(dir, CLIENT_JWKS, Public, || {
        let pem = read_text(&dir.join(CLIENT_KEY))?;
        let key = SigningKey::from_pem(&pem, CLIENT_KEY_ID, Algorithm::RS512)?;
        to_json(CLIENT_JWKS, &key.public_set())
    })?;
    tls::write(dir, &settings.made_with.host)?;
    write_people(dir, &options)?;

    let layout = layout(dir, &settings);
    let config = gateway_config(&settings, &layout);
    write_missing(dir, "gateway.toml", Private, || to_toml("gateway.toml", &config))?;
    let desk = desk_settings(&layout, &config);
    write_missing(dir, "desk.toml", Public, || to_toml("desk.toml", &desk))?;
    Ok(layout)
}

const SANDBOX_TOML: &str = "sandbox.toml";

/// Reads `sandbox.toml`; none where there is none.
pub(crate) fn read_settings(dir: &Path) -> Result<Option<SandboxSettings>, InitError> {
    let path = dir.join(SANDBOX_TOML);
    if !path.exists() {
        return Ok(None);
    }
    let text = read_text(&path)?;
    toml::from_str(&text)
        .map(Some)
        .map_err(|error| InitError::NotUnderstood { path, message: error.message().to_owned() })
}

fn made_with(options: &Options) -> MadeWith {
    let ports = match options.ports {
        Ports::Fixed(base) => base.to_string(),
        Ports::Free => "free".to_owned(),
    };
    MadeWith { people: options.people, seed: options.seed.to_string(), ports, host: options.host.clone() }
}

/// The ports of one practice world.
struct Chosen {
    sandbox: SocketAddr,
    link: SocketAddr,
    desk: [u16; 2],
    gateway: SocketAddr,
}

impl Chosen {
    fn ports(ports: Ports, ip: IpAddr) -> Result<Self, InitError> {
        let [sandbox, link, first, second, gateway] = match ports {
            Ports::Fixed(base) if !(1_024..=u16::MAX - 43).contains(&base) => return Err(InitError::PortsOutOfRange),
            Ports::Fixed(base) => [base, base + 4, base + 11, base + 12, base + 43],
            Ports::Free => free_ports(ip).map_err(InitError::NoFreePort)?,
        };
        let at = |port| SocketAddr::new(ip, port);
        Ok(Self { sandbox: at(sandbox), link: at(link), desk: [first, second], gateway: at(gateway) })
    }
}

/// Five ports that were free a moment ago. Held together, so that they differ.
fn free_ports(ip: IpAddr) -> std::io::Result<[u16; 5]> {
    let mut held = Vec::new();
    let mut ports = [0; 5];
    for port in &mut ports {
        let listener = TcpListener::bind((ip, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

fn new_settings(options: &Options, ports: &Chosen) -> SandboxSettings {
    let host = if options.host.contains(':') { format!("[{}]", options.host) } else { options.host.clone() };
    let at = |port: u16| format!("http://{host}:{port}");
    let gateway_url = format!("https://localhost:{}", ports.gateway.port());
    // The desk always waits on 127.0.0.1, whatever the sandbox listens on (RFC 8252 §7.3).
    let desk_returns = ports.desk.map(|port| format!("http://127.0.0.1:{port}/callback")).to_vec();
    let desk = ClientSettings {
        redirect_uris: desk_returns,
        jwks: CLIENT_JWKS.into(),
        backchannel_logout_uri: Some(format!("{gateway_url}/backchannel-logout")),
    };
    let link = ClientSettings {
        redirect_uris: vec![format!("{}/link/callback", at(ports.link.port()))],
        jwks: CLIENT_JWKS.into(),
        backchannel_logout_uri: None,
    };
    SandboxSettings {
        listen: ports.sandbox,
        url: at(ports.sandbox.port()),
        gateway_url,
        ca: CA.into(),
        lookup_secret: random::token(),
        people: PEOPLE.into(),
        world: WORLD.into(),
        made_with: made_with(options),
        cis2_clients: BTreeMap::from([(DESK_CLIENT.to_owned(), desk)]),
        nhs_net_clients: BTreeMap::from([(GATEWAY_CLIENT.to_owned(), link)]),
    }
}

fn layout(dir: &Path, settings: &SandboxSettings) -> Layout {
    let returns = settings.nhs_net_clients.get(GATEWAY_CLIENT).and_then(|client| client.redirect_uris.first());
    let link_url = returns.map(|uri| uri.trim_end_matches("/link/callback").to_owned()).unwrap_or_default();
    Layout {
        dir: dir.to_owned(),
        gateway_config: dir.join("gateway.toml"),
        desk_settings: dir.join("desk.toml"),
        sandbox_settings: dir.join(SANDBOX_TOML),
        ca: dir.join(&settings.ca),
        issuer_url: format!("{}/cis2", settings.url),
        gateway_url: settings.gateway_url.clone(),
        sandbox_url: settings.url.clone(),
        link_url,
    }
}

fn gateway_config(settings: &SandboxSettings, layout: &Layout) -> Config {
    let port_of = |url: &str| url.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
    let at = |url: &str| SocketAddr::new(settings.listen.ip(), port_of(url));
    let redirect_uris = settings.cis2_clients.get(DESK_CLIENT).map(|client| client.redirect_uris.clone());
    Config {
        listen: at(&settings.gateway_url),
        public_url: settings.gateway_url.clone(),
        // Where the proxy that makes faults stands.
        also_named: vec!["127.0.0.1".into()],
        database: "gateway.sqlite3".into(),
        secrets: "gateway-secrets".into(),
        tls: Tls { certificate: tls::CERTIFICATE.into(), key: tls::KEY.into() },
        issuer: Issuer {
            url: layout.issuer_url.clone(),
            client_id: DESK_CLIENT.to_owned(),
            client_key: Some(CLIENT_KEY.into()),
            client_key_id: Some(CLIENT_KEY_ID.to_owned()),
            client_keys: None,
            client_secret_file: None,
            redirect_uris: redirect_uris.unwrap_or_default(),
            acr_values: "AAL3_ANY".to_owned(),
            lookup_secret: Some(Secret(settings.lookup_secret.clone())),
        },
        nhs_net: NhsNet {
            url: format!("{}/nhsnet", settings.url),
            client_id: GATEWAY_CLIENT.to_owned(),
            client_key: CLIENT_KEY.into(),
            client_key_id: CLIENT_KEY_ID.to_owned(),
        },
        link: LinkPage {
            public_url: layout.link_url.clone(),
            listen: Some(at(&layout.link_url)),
            lifetime_minutes: 10_080,
            attempts: 5,
        },
        policy: PolicyConfig::default(),
        directory: Directory { file: settings.people.clone() },
    }
}

fn desk_settings(layout: &Layout, config: &Config) -> DeskSettings {
    let port = |uri: &String| url::Url::parse(uri).ok().and_then(|url| url.port());
    let ports: Vec<String> = config.issuer.redirect_uris.iter().filter_map(port).map(|port| port.to_string()).collect();
    DeskSettings {
        gateway_url: layout.gateway_url.clone(),
        issuer_url: layout.issuer_url.clone(),
        client_id: DESK_CLIENT.to_owned(),
        acr_values: config.issuer.acr_values.clone(),
        redirect_ports: ports.join(" "),
        scopes: "openid profile nationalrbacaccess associatedorgs selectedrole".to_owned(),
        trust: "only".to_owned(),
        trust_ca: CA.into(),
    }
}

fn write_people(dir: &Path, options: &Options) -> Result<(), InitError> {
    if dir.join(PEOPLE).exists() && dir.join(WORLD).exists() {
        return Ok(());
    }
    let world = World::generate(options.seed, options.people);
    write_missing(dir, WORLD, Public, || to_json(WORLD, world.cast()))?;
    write_missing(dir, PEOPLE, Public, || {
        let mut lines = String::new();
        for record in world.records() {
            let line = serde_json::to_string(&record);
            lines.push_str(&line.map_err(|error| not_writable(PEOPLE, &error))?);
            lines.push('\n');
        }
        Ok(lines)
    })
}

fn to_toml(file: &'static str, value: &impl serde::Serialize) -> Result<String, InitError> {
    let text = toml::to_string(value).map_err(|error| not_writable(file, &error))?;
    Ok(format!("# Practice: made-up people only. Written once by `ra-sandbox init`; yours to change.\n{text}"))
}

fn to_json(file: &'static str, value: &impl serde::Serialize) -> Result<String, InitError> {
    serde_json::to_string_pretty(value).map_err(|error| not_writable(file, &error))
}

fn not_writable(file: &'static str, error: &dyn std::error::Error) -> InitError {
    InitError::NotWritable { file, message: error.to_string() }
}
