//! A mail server of the test's own: as much SMTP as a notice needs, and a temper that can be changed.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How a mail server takes what it is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Temper {
    Takes,
    /// Says no, and repeats for whom it was.
    Refuses,
    /// Takes it, and is gone before it says so.
    IsGone,
}

#[derive(Clone)]
pub struct MailServer {
    pub addr: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    temper: Temper,
    /// What was said before a mail.
    lines: Vec<String>,
    mails: Vec<String>,
    /// How often it said no.
    refused: usize,
}

impl MailServer {
    pub async fn start(temper: Temper) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let seen = Seen { temper, lines: Vec::new(), mails: Vec::new(), refused: 0 };
        let server = Self { addr: listener.local_addr().unwrap(), seen: Arc::new(Mutex::new(seen)) };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = serving.clone();
                // A client that is gone is no matter of the server's.
                tokio::spawn(async move { server.talk(stream).await.ok() });
            }
        });
        server
    }

    pub fn becomes(&self, temper: Temper) {
        self.seen.lock().unwrap().temper = temper;
    }

    pub fn mails(&self) -> Vec<String> {
        self.seen.lock().unwrap().mails.clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().lines.clone()
    }

    pub fn refused(&self) -> usize {
        self.seen.lock().unwrap().refused
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 mail.test\r\n").await?;
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            let said = std::mem::take(&mut line).trim_end().to_owned();
            let verb = said.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            // Under one lock, so that whoever sees what was said knows by which temper it is answered.
            let temper = {
                let mut seen = self.seen.lock().unwrap();
                seen.lines.push(said.clone());
                seen.refused += usize::from(verb == "RCPT" && seen.temper == Temper::Refuses);
                seen.temper
            };
            let answer = match verb.as_str() {
                "EHLO" => "250-mail.test\r\n250 AUTH PLAIN\r\n".to_owned(),
                "AUTH" => "235 welcome\r\n".to_owned(),
                "RCPT" if temper == Temper::Refuses => format!("550 nobody here: {said}\r\n"),
                "QUIT" => "221 bye\r\n".to_owned(),
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let mut mail = String::new();
                    while !mail.ends_with("\r\n.\r\n") && stream.read_line(&mut mail).await? > 0 {}
                    self.seen.lock().unwrap().mails.push(mail);
                    if temper == Temper::IsGone {
                        return Ok(());
                    }
                    "250 taken\r\n".to_owned()
                }
                _ => "250 ok\r\n".to_owned(),
            };
            stream.write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }
}
