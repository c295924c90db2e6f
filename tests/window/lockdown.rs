//! What the page cannot do, whatever runs in it.

use sandbox::world::ra_users::owen_pritchard;
use serde_json::Value;
use tests::Outcome;
use tests::window::Window;

use crate::setting::Setting;

/// Runs a script that ends by calling `done` with a value.
async fn ask(window: &Window, script: &str) -> Outcome<Value> {
    let script = format!("const done = arguments[arguments.length - 1]; {script}");
    Ok(window.driver().execute_async(script, vec![]).await?.json().clone())
}

#[tokio::test]
async fn no_foreign_script_request_or_page() -> Outcome {
    let setting = Setting::new()?;
    let window = setting.open().await?;
    window.see("[data-page=sign-in]").await?;
    let inline = ask(
        &window,
        "const s = document.createElement('script'); s.textContent = 'window.__ran = true';
         document.head.append(s); setTimeout(() => done(Boolean(window.__ran)), 300);",
    )
    .await?;
    assert_eq!(inline, Value::Bool(false), "an inline script ran");
    let evaluated = ask(&window, "let ran = true; try { (0, eval)('1'); } catch { ran = false; } done(ran);").await?;
    assert_eq!(evaluated, Value::Bool(false), "eval works");
    // The sandbox answers on this computer, so only the policy can be what stops the page.
    let url = setting.world.sandbox_url();
    assert!(reqwest::get(&url).await?.status().is_success(), "the control: the sandbox answers");
    let fetched =
        ask(&window, &format!("fetch('{url}', {{ mode: 'no-cors' }}).then(() => done(true), () => done(false));"))
            .await?;
    assert_eq!(fetched, Value::Bool(false), "the page can make requests");
    let image = ask(
        &window,
        &format!(
            "const i = new Image(); i.onload = i.onerror = () => done(document.securityViolation ?? 'ended');
        document.addEventListener('securitypolicyviolation', e => done(e.effectiveDirective)); i.src = '{url}/x.png';"
        ),
    )
    .await?;
    assert_eq!(image, Value::String("img-src".to_owned()));
    let opened = ask(&window, &format!("done(window.open('{url}') === null);")).await?;
    assert_eq!(opened, Value::Bool(true), "another window opens");
    ask(&window, &format!("location.href = '{url}'; setTimeout(() => done(true), 700);")).await?;
    let here = window.driver().current_url().await?;
    assert_eq!(here.scheme(), "tauri", "another page was shown");
    assert!(window.shows("[data-page=sign-in]").await);
    window.close().await
}

#[tokio::test]
async fn only_named_commands_can_be_called() -> Outcome {
    let setting = Setting::new()?;
    let window = setting.open().await?;
    setting.sign_in(&window, &owen_pritchard(), None).await?;
    let call = |command: &str, arguments: &str| {
        format!(
            "window.__TAURI_INTERNALS__.invoke('{command}', {arguments}).then(v => done('ok'), e => done(typeof e === 'string' ? e : JSON.stringify(e)));"
        )
    };
    assert_eq!(ask(&window, &call("snapshot", "{}")).await?, Value::String("ok".into()), "the control: one of ours");
    for (command, arguments) in [
        ("plugin:window|close", "{ label: 'agent' }"),
        ("plugin:webview|create_webview_window", "{ options: { label: 'x', url: 'https://example.org' } }"),
        ("plugin:path|resolve_directory", "{ directory: 1 }"),
        ("plugin:event|emit", "{ event: 'desk-changed', payload: null }"),
        ("plugin:app|version", "{}"),
        ("no_such_command", "{}"),
    ] {
        let answer = ask(&window, &call(command, arguments)).await?;
        assert_ne!(answer, Value::String("ok".into()), "{command} can be called");
    }
    let global = ask(&window, "done(typeof window.__TAURI__);").await?;
    assert_eq!(global, Value::String("undefined".to_owned()));
    for (command, arguments) in [
        ("profile", "{ uuid: '../../etc/passwd' }"),
        ("draft", "{ id: 'x'.repeat(100000) }"),
        ("find", "{ form: { by: 'uuid' } }"),
        ("find", "{ form: 'x' }"),
        ("change_role", "{ role: null }"),
        ("outbox", "{ tab: 'everything' }"),
    ] {
        let answer = ask(&window, &call(command, arguments)).await?;
        assert_ne!(answer, Value::String("ok".into()), "{command} takes {arguments}");
    }
    assert_eq!(ask(&window, &call("snapshot", "{}")).await?, Value::String("ok".into()), "and it still answers");
    window.close().await
}
