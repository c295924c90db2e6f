//! How people are told of what is done to their profile.

use std::net::IpAddr;
use std::path::PathBuf;

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

use super::ConfigError;

/// How notices leave the gateway: through a mail server, or as files in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notices {
    /// Who they come from: `ra-desk@trust.nhs.uk`, or `RA Desk <ra-desk@trust.nhs.uk>`.
    pub from: String,
    /// A folder for `.eml` files, made where there is none. Files that were picked up may be taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// The mail server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<Smtp>,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Its name, which its certificate must be for.
    pub host: String,
    /// Its port, 587 for instance.
    pub port: u16,
    /// How the connection is kept private.
    #[serde(default)]
    pub security: SmtpSecurity,
    /// Who the gateway is there. Absent: it does not sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// A file that holds the password and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
}

/// How the connection to a mail server is kept private.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// It begins in the clear and must change to TLS before anything is said (port 587, as a rule).
    #[default]
    Starttls,
    /// TLS from the start (port 465, as a rule).
    Tls,
    /// None: only for a mail server on this computer.
    None,
}

impl Notices {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key, reason| Err(ConfigError::NotAllowed { key, reason });
        if self.from.parse::<Mailbox>().is_err() {
            return refuse("notices.from", "an e-mail address");
        }
        let Some(smtp) = &self.smtp else {
            return match &self.folder {
                Some(folder) if !folder.as_os_str().is_empty() => Ok(()),
                _ => refuse("notices", "a folder or a mail server (smtp)"),
            };
        };
        if self.folder.is_some() {
            return refuse("notices", "a folder or a mail server (smtp), not both");
        }
        if smtp.host.is_empty() || smtp.port == 0 {
            return refuse("notices.smtp", "a host and a port");
        }
        if smtp.security == SmtpSecurity::None && !is_this_computer(&smtp.host) {
            return refuse("notices.smtp.security", "starttls or tls; none only for 127.0.0.1, ::1 or localhost");
        }
        if smtp.username.is_some() != smtp.password_file.is_some() {
            return refuse("notices.smtp.password_file", "a user name and a password file, or neither");
        }
        Ok(())
    }
}

fn is_this_computer(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
