//! The screen as a person has it: a window manager, a keyboard, a mouse, and which windows are shown.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tests::Outcome;
use tests::programs::Service;

/// The keys by which a person asks the window manager to close a window, or to make it smaller.
const CONFIG: &str = r#"<openbox_config xmlns="http://openbox.org/3.4/rc"><focus><focusNew>yes</focusNew></focus><keyboard>
    <keybind key="A-F4"><action name="Close"/></keybind>
    <keybind key="W-f"><action name="ToggleFullscreen"/></keybind>
</keyboard></openbox_config>"#;

/// A window manager on the virtual display, for as long as this lives.
pub struct Screen {
    _manager: Service,
}

impl Screen {
    /// Starts it. Its log lies in `folder`.
    pub fn start(folder: &Path) -> Outcome<Self> {
        let config = folder.join("openbox.xml");
        std::fs::write(&config, CONFIG)?;
        let mut command = Command::new("openbox");
        command.arg("--sm-disable").arg("--config-file").arg(&config).env("HOME", folder);
        let manager = Service::start("the window manager", command, &folder.join("openbox.log"))?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while xdotool(&["get_num_desktops"]).is_err() {
            if Instant::now() > deadline {
                return Err("the window manager did not come up within 10 seconds".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { _manager: manager })
    }

    /// Presses keys in whichever window has the keyboard, as `ctrl+r` or `Tab`.
    pub fn press(&self, keys: &str) -> Outcome {
        xdotool(&["key", "--clearmodifiers", keys]).map(drop)
    }

    /// Types into whichever window has the keyboard.
    pub fn click(&self, button: &str, (x, y): (u32, u32)) -> Outcome {
        xdotool(&["mousemove", &x.to_string(), &y.to_string(), "click", button]).map(drop)
    }

    /// Gives a window the keyboard.
    pub fn activate(&self, window: &str) -> Outcome {
        xdotool(&["windowactivate", "--sync", window]).map(drop)
    }

    /// The windows that are shown, menus and dialogues among them.
    pub fn windows(&self) -> Vec<String> {
        let found = xdotool(&["search", "--onlyvisible", "--name", ""]).unwrap_or_default();
        found.lines().map(str::to_owned).collect()
    }

    /// The shown window of a title, if there is one.
    pub fn window(&self, title: &str) -> Option<String> {
        self.windows().into_iter().find(|window| xdotool(&["getwindowname", window]).is_ok_and(|name| name == title))
    }

    /// Waits for a window of a title.
    pub fn see(&self, title: &str) -> Outcome<String> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(window) = self.window(title) {
                return Ok(window);
            }
            if Instant::now() > deadline {
                return Err(format!("no window is called '{title}'").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until no window has a title.
    pub fn see_gone(&self, title: &str) -> Outcome {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.window(title).is_some() {
            if Instant::now() > deadline {
                return Err(format!("the window '{title}' stays open").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Makes a picture of the whole screen, where the machine has the program for it and somebody wants to look.
    pub fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("RA_DESK_PICTURES") {
            let file = Path::new(&folder).join(format!("{name}.png"));
            _ = Command::new("import").args(["-window", "root"]).arg(file).status();
        }
    }
}

fn xdotool(words: &[&str]) -> Outcome<String> {
    // It waits for ever for a window that does not do what it is told.
    let output = Command::new("timeout").args(["5", "xdotool"]).args(words).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(format!("xdotool {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr).trim()).into())
}
