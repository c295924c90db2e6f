//! A kiosk fills the screen, stays open, takes nothing from outside, and is left by somebody who is signed in.

use std::time::Duration;

use serde_json::Value;
use tests::Outcome;
use tests::practice::until;
use tests::window::Window;

use crate::screen::Screen;
use crate::setting::{Setting, accessible};

/// The title of the issuer's window.
pub const ISSUER: &str = "Sign in – RA Desk";
/// The title of the RA user's window.
const AGENT: &str = "RA Desk";

async fn value(window: &Window, script: &str) -> Outcome<Value> {
    Ok(window.driver().execute(format!("return {script};"), vec![]).await?.json().clone())
}

/// A place on the page that is free of buttons.
const FREE: (u32, u32) = (1100, 700);

#[tokio::test]
async fn it_fills_the_screen_and_stays_open() -> Outcome {
    let setting = Setting::new()?;
    let screen = Screen::start(setting.folder.path())?;
    let window = setting.open_kiosk().await?;
    accessible(&window, "sign-in").await?;
    until("the whole screen", || async {
        let size = value(&window, "[innerWidth, innerHeight, screen.width, screen.height]").await.ok()?;
        (size[0] == size[2] && size[1] == size[3]).then_some(())
    })
    .await?;
    screen.picture("kiosk-sign-in");
    assert_eq!((setting.events(100), setting.events(130)), (1, 1), "the start is logged");

    // The window manager asks it to close, as its close button and Alt+F4 do. It asks whichever has the keyboard.
    screen.activate(&screen.see(AGENT)?)?;
    screen.press("alt+F4")?;
    window.see("#close-refused").await?;
    accessible(&window, "sign-in").await?;
    assert_eq!(setting.events(132), 1, "the try is logged");
    screen.picture("kiosk-close-refused");
    // The window manager makes it smaller; it fills the screen again, sooner than the page hears that it did not.
    screen.activate(&screen.see(AGENT)?)?;
    screen.press("super+f")?;
    until("the whole screen again", || async {
        let size = value(&window, "innerHeight === screen.height").await.ok()?;
        (size == Value::Bool(true)).then_some(())
    })
    .await?;
    window.close().await
}

/// What something came to: whether the page is another, whether its size changed, and how many windows are shown now
/// that were not.
type Came = (bool, bool, usize);

/// What a key, or a press of the mouse, comes to.
async fn does(screen: &Screen, window: &Window, act: impl FnOnce() -> Outcome) -> Outcome<Came> {
    does_async(screen, window, async { act() }).await
}

/// What the page's own script comes to.
async fn does_itself(screen: &Screen, window: &Window, script: &str) -> Outcome<Came> {
    does_async(screen, window, async { value(window, script).await.map(drop) }).await
}

async fn does_async(screen: &Screen, window: &Window, act: impl Future<Output = Outcome>) -> Outcome<Came> {
    let before = screen.windows();
    let height = value(window, "innerHeight").await?;
    value(window, "window.__mark = true").await?;
    act.await?;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let reloaded = value(window, "window.__mark === undefined").await? == Value::Bool(true);
    let resized = value(window, "innerHeight").await? != height;
    let opened = screen.windows().into_iter().filter(|window| !before.contains(window)).count();
    Ok((reloaded, resized, opened))
}

const KEYS: [&str; 18] = [
    "F5",
    "ctrl+r",
    "ctrl+shift+r",
    "ctrl+p",
    "ctrl+s",
    "ctrl+o",
    "ctrl+n",
    "ctrl+t",
    "ctrl+w",
    "ctrl+q",
    "ctrl+u",
    "alt+Left",
    "alt+Right",
    "alt+Home",
    "F7",
    "F11",
    "F12",
    "shift+F10",
];

#[tokio::test]
async fn no_key_and_no_menu_leads_out_of_it() -> Outcome {
    let setting = Setting::new()?;
    let screen = Screen::start(setting.folder.path())?;
    // The control: an ordinary window has a menu, by the mouse and by a key. It takes the other keys for nothing too,
    // here; WebView2 does not, and loses them by a setting that is not tried here.
    let window = setting.open().await?;
    window.see("[data-page=sign-in]").await?;
    screen.activate(&screen.see(AGENT)?)?;
    let menu = does(&screen, &window, || screen.click("3", (700, 600))).await?;
    assert_ne!(menu, (false, false, 0), "the control: a menu is drawn");
    screen.press("Escape")?;
    let menu = does(&screen, &window, || screen.press("shift+F10")).await?;
    assert_ne!(menu, (false, false, 0), "the control: a menu is drawn by its key");
    screen.press("Escape")?;
    window.close().await?;

    let window = setting.open_kiosk().await?;
    window.see("[data-page=sign-in]").await?;
    screen.activate(&screen.see(AGENT)?)?;
    screen.click("1", FREE)?;
    for keys in KEYS.into_iter().chain(["ctrl+shift+i", "ctrl+shift+c", "ctrl+shift+j", "Menu"]) {
        let done = does(&screen, &window, || screen.press(keys)).await?;
        assert_eq!(done, (false, false, 0), "{keys} does something");
        assert!(window.shows("[data-page=sign-in]").await, "{keys} leaves the page");
    }
    for button in ["3", "8", "9"] {
        let done = does(&screen, &window, || screen.click(button, FREE)).await?;
        assert_eq!(done, (false, false, 0), "button {button} does something");
    }
    let url = setting.world.sandbox_url();
    assert!(reqwest::get(&url).await?.status().is_success(), "the control: the sandbox answers");
    // After a moment, so that the page is looked at before it acts.
    let opened = format!("void setTimeout(() => {{ window.__opened = window.open('{url}'); }}, 0)");
    let done = does_itself(&screen, &window, &opened).await?;
    assert_eq!(done, (false, false, 0), "the page opens another");
    assert_eq!(value(&window, "window.__opened === null").await?, Value::Bool(true));
    for away in [url.as_str(), "file:///etc/hostname", "data:text/html,x", "about:blank"] {
        value(&window, &format!("void (location.href = '{away}')")).await?;
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(window.driver().current_url().await?.scheme(), "tauri", "{away} is shown");
        assert!(window.shows("[data-page=sign-in]").await, "{away} leaves the page");
    }
    let printed = does_itself(&screen, &window, "void setTimeout(() => window.print(), 0)").await?;
    assert_eq!(printed, (false, false, 0), "the page prints");
    window.close().await
}

/// Signs in at the issuer's own pages in its window, by the mouse.
async fn sign_in(screen: &Screen, window: &Window) -> Outcome {
    window.see("[data-page=sign-in]").await?;
    window.click("#primary").await?;
    window.see("[data-status=signing_in]").await?;
    screen.see(ISSUER)?;
    // Owen Pritchard's button, which is the first.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    screen.picture("kiosk-issuer");
    for _ in 0..10 {
        if window.shows("[data-page=confirm-identity]").await {
            break;
        }
        screen.click("1", (430, 640))?;
        tokio::time::sleep(Duration::from_millis(1000)).await;
    }
    window.see("[data-page=confirm-identity]").await?;
    screen.see_gone(ISSUER)
}

#[tokio::test]
async fn whoever_is_signed_in_leaves_it() -> Outcome {
    let setting = Setting::new()?;
    let screen = Screen::start(setting.folder.path())?;
    let window = setting.open_kiosk().await?;

    // Given up from the page above it, and by closing it.
    window.click("#primary").await?;
    screen.see(ISSUER)?;
    window.see("[data-status=signing_in]").await?;
    assert!(window.axe().await?.is_empty());
    window.click("#cancel").await?;
    screen.see_gone(ISSUER)?;
    window.see("#cancelled").await?;
    window.click("#primary").await?;
    let issuer = screen.see(ISSUER)?;
    screen.activate(&issuer)?;
    screen.press("alt+F4")?;
    screen.see_gone(ISSUER)?;
    window.see("#cancelled").await?;
    assert_eq!(setting.events(132), 0, "closing the issuer's window is not closing the kiosk");

    sign_in(&screen, &window).await?;
    window.click("#primary").await?;
    window.see("#leave-kiosk").await?;
    screen.picture("kiosk-at-work");
    screen.press("alt+F4")?;
    accessible(&window, "leave-kiosk").await?;
    screen.picture("kiosk-leave");
    window.click("#primary").await?;
    until("the end", || async { (setting.events(101) == 1).then_some(()) }).await?;
    assert_eq!((setting.events(120), setting.events(131), setting.events(121)), (1, 1, 1));
    window.forget()
}
