//! What an issuer could do in the kiosk's sign-in window if it wanted to: nothing to RA Desk, and nothing that stays.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tests::Outcome;
use tests::practice::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::kiosk::ISSUER;
use crate::screen::Screen;
use crate::setting::Setting;

/// What the page of the hostile issuer tries, one after the other, and then tells.
const PAGE: &str = r#"<!doctype html><title>Hostile</title><h1>Hostile issuer</h1>
<a id="download" href="/file.exe" download>download</a><a id="blank" href="/other" target="_blank">blank</a>
<input type="file" id="file"><script>
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const tried = async (what) => { try { return await Promise.race([what(), wait(1500).then(() => 'silence')]); } catch (e) { return 'refused: ' + e; } };
(async () => {
  const told = { kept: [localStorage.getItem('kept'), document.cookie], commands: {}, here: [] };
  localStorage.setItem('kept', 'yes'); document.cookie = 'kept=yes; max-age=9999';
  told.keeps_while_open = [localStorage.getItem('kept'), document.cookie];
  const internals = window.__TAURI_INTERNALS__;
  told.internals = typeof internals;
  for (const [command, args] of COMMANDS) {
    told.commands[command] = internals ? await tried(() => internals.invoke(command, args).then(() => 'ok')) : 'absent';
  }
  for (const url of ['ipc://localhost/snapshot', 'http://ipc.localhost/snapshot', 'tauri://localhost/index.html']) {
    told.commands[url] = await tried(() => fetch(url, { method: 'POST', body: '{}' }).then((r) => 'answered ' + r.status));
  }
  told.opened = window.open('/other') !== null;
  document.getElementById('blank').click();
  document.getElementById('download').click();
  document.getElementById('file').click();
  told.chosen = [];
  const file = Object.assign(document.createElement('input'), { type: 'file', onclick: () => told.chosen.push('clicked') });
  const label = document.createElement('label');
  for (const choose of [() => file.click(), () => file.dispatchEvent(new MouseEvent('click')), () => file.showPicker(),
    () => { label.append(file); label.click(); }]) {
    try { choose(); } catch (e) { told.chosen.push('' + e); }
  }
  told.pickers = ['showOpenFilePicker', 'showSaveFilePicker', 'showDirectoryPicker'].filter((name) => window[name]);
  window.print();
  for (const url of ['file:///etc/hostname', 'data:text/html,x', 'tauri://localhost/', ELSEWHERE]) {
    location.href = url; await wait(400); told.here.push(location.href === START);
  }
  told.ended = true;
  await fetch('/told', { method: 'POST', body: JSON.stringify(told) });
})();
const START = location.href;
</script>"#;

/// An issuer of one page, on this computer.
struct Hostile {
    url: String,
    told: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Hostile {
    async fn start(page: String) -> Outcome<Self> {
        let socket = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", socket.local_addr()?);
        let (told, asked) = (Arc::default(), Arc::default());
        let this = Self { url: url.clone(), told, asked };
        let (told, asked) = (this.told.clone(), this.asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                tokio::spawn(serve(stream, url.clone(), page.clone(), told.clone(), asked.clone()));
            }
        });
        Ok(this)
    }

    fn told(&self) -> Vec<Value> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn was_asked(&self, path: &str) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|asked| asked.contains(path))
    }
}

async fn serve(
    mut stream: TcpStream,
    url: String,
    page: String,
    told: Arc<Mutex<Vec<Value>>>,
    asked: Arc<Mutex<Vec<String>>>,
) -> Outcome {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    let (head, body) = loop {
        let read = stream.read(&mut chunk).await?;
        request.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                break (head.to_owned(), body.to_owned());
            }
        }
        if read == 0 {
            return Ok(());
        }
    };
    let line = head.lines().next().unwrap_or_default().to_owned();
    let (kind, answer) = if line.contains("/.well-known/openid-configuration") {
        let document = serde_json::json!({
            "issuer": url, "authorization_endpoint": format!("{url}/authorize"), "jwks_uri": format!("{url}/keys"),
        });
        ("application/json", document.to_string())
    } else if line.contains("/keys") {
        ("application/json", r#"{"keys":[]}"#.to_owned())
    } else if line.contains("/told") {
        told.lock().unwrap_or_else(PoisonError::into_inner).push(serde_json::from_str(&body)?);
        ("text/plain", String::new())
    } else if line.contains("/authorize") {
        ("text/html", page)
    } else {
        ("application/octet-stream", "MZ".to_owned())
    };
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    let reply = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
        answer.len()
    );
    stream.write_all(reply.as_bytes()).await?;
    Ok(())
}

/// Every command of RA Desk, as its build names them, and some of Tauri's own.
fn commands() -> String {
    let build = include_str!("../../src-tauri/build.rs");
    let list =
        build.split("COMMANDS: &[&str] = &[").nth(1).and_then(|rest| rest.split("];").next()).unwrap_or_default();
    let mut commands: Vec<Value> =
        list.split('"').skip(1).step_by(2).map(|command| serde_json::json!([command, {}])).collect();
    assert!(commands.len() > 25, "the list was not found");
    commands.extend([
        serde_json::json!(["plugin:event|listen", { "event": "desk-changed", "target": { "kind": "Any" }, "handler": 1 }]),
        serde_json::json!(["plugin:event|emit", { "event": "desk-changed", "payload": { "what": "close_asked" } }]),
        serde_json::json!(["plugin:window|close", { "label": "agent" }]),
        serde_json::json!(["plugin:webview|create_webview_window", { "options": { "label": "x", "url": "/" } }]),
    ]);
    Value::from(commands).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_issuer_gets_nothing_and_leaves_nothing() -> Outcome {
    let setting = Setting::new()?;
    let screen = Screen::start(setting.folder.path())?;
    let elsewhere = serde_json::to_string(&setting.world.sandbox_url())?;
    let page = PAGE.replace("COMMANDS", &commands()).replace("ELSEWHERE", &elsewhere);
    let issuer = Hostile::start(page).await?;
    let settings = settings_with(&setting.world.desk_settings(), &issuer.url, setting.folder.path())?;
    let window = setting.open_as(&settings, &["--kiosk"], &[]).await?;
    for round in 1..=2 {
        window.see("[data-page=sign-in]").await?;
        window.click("#primary").await?;
        if let Err(error) = screen.see(ISSUER) {
            return Err(format!("{error}; the page says: {}", window.text("main").await?).into());
        }
        let before = screen.windows().len();
        let told = until("what the issuer found", || async { issuer.told().get(round - 1).cloned() }).await;
        screen.picture(&format!("kiosk-hostile-{round}"));
        let told = told?;
        assert_eq!(screen.windows().len(), before, "a dialogue or another window is open: round {round}");
        assert_eq!(told["ended"], true);
        assert_eq!(told["keeps_while_open"][0], "yes", "the control: within one sign-in something is kept");
        assert_eq!(told["kept"], serde_json::json!([null, ""]), "something outlived a sign-in: round {round}");
        assert_eq!(told["opened"], false, "another window opens");
        assert_eq!(told["chosen"], serde_json::json!([]), "an input that is not on the page chooses a file");
        assert_eq!(told["pickers"], serde_json::json!([]));
        assert_eq!(told["here"], serde_json::json!([true, true, true, true]), "another page was shown");
        let commands = told["commands"].as_object().ok_or("no commands were tried")?;
        assert!(commands.len() > 30);
        for (command, answer) in commands {
            let answer = answer.as_str().unwrap_or_default();
            assert!(!answer.starts_with("ok") && !answer.starts_with("answered 200"), "{command}: {answer}");
        }
        assert!(!issuer.was_asked("/other"), "a page was opened in another window");
        assert!(setting.events(123) >= 1, "what was not shown is logged");
        window.click("#cancel").await?;
        screen.see_gone(ISSUER)?;
        window.see("#cancelled").await?;
    }
    assert_eq!(setting.events(131), 0, "the issuer left kiosk mode");
    let downloads = tests::scan::files(setting.folder.path())?;
    assert!(!downloads.iter().any(|file| file.ends_with("file.exe")), "something was downloaded");
    window.close().await
}

/// The settings of the practice world, with another issuer.
fn settings_with(settings: &Path, issuer: &str, folder: &Path) -> Outcome<std::path::PathBuf> {
    let text = std::fs::read_to_string(settings)?;
    let base = settings.parent().ok_or("the settings lie nowhere")?;
    let text: String = text
        .lines()
        .map(|line| match line.split_once('=').map(|(key, value)| (key.trim(), value.trim())) {
            Some(("issuer_url", _)) => format!("issuer_url = \"{issuer}\"\n"),
            // A relative path is meant from the folder of the file.
            Some(("trust_ca", value)) => format!("trust_ca = \"{}\"\n", base.join(value.trim_matches('"')).display()),
            _ => format!("{line}\n"),
        })
        .collect();
    let file = folder.join("hostile.toml");
    std::fs::write(&file, text)?;
    Ok(file)
}
