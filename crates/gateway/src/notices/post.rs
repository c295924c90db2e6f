//! How a notice leaves the gateway: through a mail server, or as a file in a folder.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::config::{Notices, Smtp, SmtpSecurity};
use crate::store::Notice;

/// How long the mail server may take for each step.
const STEP_LIMIT: Duration = Duration::from_secs(15);

/// Why a notice was not taken. Says nothing of whom it is for: a mail server's own words repeat the address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    #[error("what stands on the profile is no address that mail can be sent to")]
    NotAnAddress,
    #[error("the mail server answered {0}")]
    Refused(String),
    #[error("TLS with the mail server did not work")]
    Tls,
    #[error("the mail server did not answer")]
    NoAnswer,
    #[error("the folder does not take it: {0}")]
    Folder(io::ErrorKind),
}

impl PostError {
    /// Whether other notices would fare the same.
    pub(crate) const fn is_of_all(&self) -> bool {
        matches!(self, Self::Tls | Self::NoAnswer | Self::Folder(_))
    }
}

/// The way out.
pub(crate) struct Post {
    from: Mailbox,
    way: Way,
}

enum Way {
    Folder(PathBuf),
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
}

impl Post {
    /// Opens the way that is configured. Whether a mail server answers is seen at the first notice. The error is a
    /// path, or the server, and why it cannot be used.
    pub(crate) fn open(notices: &Notices, base: &Path, host: Option<&str>) -> Result<Self, (PathBuf, String)> {
        let from = notices.from.parse().map_err(|_| (PathBuf::from("notices.from"), "no address".to_owned()))?;
        let way = match (&notices.folder, &notices.smtp) {
            (_, Some(smtp)) => Way::Smtp(Box::new(transport(smtp, base, host)?)),
            (folder, None) => {
                let folder = base.join(folder.as_deref().unwrap_or(Path::new("")));
                std::fs::create_dir_all(&folder).map_err(|error| (folder.clone(), error.to_string()))?;
                Way::Folder(folder)
            }
        };
        Ok(Self { from, way })
    }

    /// Hands a notice over. `Ok` means that it was taken, and that it is no longer the gateway's to keep.
    pub(crate) async fn send(&self, notice: &Notice) -> Result<(), PostError> {
        let message = self.message(notice)?;
        match &self.way {
            Way::Smtp(transport) => match transport.send(message).await {
                Ok(_) => Ok(()),
                Err(error) => Err(match error.status() {
                    Some(code) => PostError::Refused(code.to_string()),
                    None if error.is_tls() => PostError::Tls,
                    None => PostError::NoAnswer,
                }),
            },
            Way::Folder(folder) => {
                let (folder, name, bytes) = (folder.clone(), notice.id.to_string(), message.formatted());
                let put = tokio::task::spawn_blocking(move || put(&folder, &name, &bytes)).await;
                put.unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
                    .map_err(|error| PostError::Folder(error.kind()))
            }
        }
    }

    /// The mail. It is the same each time: whoever gets it twice can tell that it is one.
    fn message(&self, notice: &Notice) -> Result<Message, PostError> {
        let to: Address = notice.recipient.parse().map_err(|_| PostError::NotAnAddress)?;
        // Other systems are asked not to answer it (RFC 3834).
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .message_id(Some(format!("<{}@{}>", notice.id, self.from.email.domain())))
            .date(SystemTime::from(notice.written_at))
            .subject("A change to your Care Identity profile")
            .raw_header(HeaderValue::new(automatic, "auto-generated".into()))
            .header(ContentType::TEXT_PLAIN)
            .body(body(&notice.news))
            .map_err(|_| PostError::NotAnAddress)
    }
}

fn body(news: &str) -> String {
    format!(
        "{news}\r\n\r\n\
         If you did not expect this, tell your Registration Authority.\r\n\r\n\
         You are told because this address is the contact on your Care Identity profile. There is no link in this \
         message, and answers to it are not read.\r\n"
    )
}

fn transport(
    smtp: &Smtp,
    base: &Path,
    host: Option<&str>,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, (PathBuf, String)> {
    let tls = || {
        TlsParameters::new(smtp.host.clone()).map_err(|error| (PathBuf::from("notices.smtp.host"), error.to_string()))
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
        .port(smtp.port)
        .timeout(Some(STEP_LIMIT))
        .tls(match smtp.security {
            SmtpSecurity::Tls => Tls::Wrapper(tls()?),
            SmtpSecurity::Starttls => Tls::Required(tls()?),
            SmtpSecurity::None => Tls::None,
        });
    if let Some(host) = host {
        builder = builder.hello_name(ClientId::Domain(host.to_owned()));
    }
    if let (Some(username), Some(file)) = (&smtp.username, &smtp.password_file) {
        let path = base.join(file);
        let password = std::fs::read_to_string(&path).map_err(|error| (path, error.to_string()))?;
        builder = builder.credentials(Credentials::new(username.clone(), password.trim_end().to_owned()));
    }
    Ok(builder.build())
}

/// Puts a file into the folder, whole or not at all, so that whoever picks files up never finds half a one.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, folder.join(format!("{name}.eml")))?;
    // The new name is on disk only when its folder is; elsewhere than on Unix a folder is no file.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}
