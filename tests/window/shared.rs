//! One computer, several people and several starts: who meets whom, what is kept, and what is said of it.

use std::os::unix::fs::PermissionsExt;

use sandbox::world::ra_users::{grace_adeyemi, owen_pritchard};
use tests::desktop::Desktop;
use tests::practice::until;
use tests::window::Window;
use tests::{Outcome, programs, scan};

use crate::setting::{Setting, accessible};

#[tokio::test]
async fn two_people_at_once_do_not_meet() -> Outcome {
    let setting = Setting::new()?;
    let window = setting.open().await?;
    let home = tempfile::tempdir()?;
    let desktop = Desktop::start(home.path())?;
    let (data, pages) = (home.path().join("data"), home.path().join("browser-pages"));
    let settings = setting.world.desk_settings();
    let other = Window::desk(&desktop, &programs::desk()?, &home.path().join("desk.log"), |command| {
        command.env("RA_DESK_SETTINGS", settings).env("RA_DESK_DATA_DIR", &data).env("RA_DESK_BROWSER_FILE", &pages);
    })
    .await?;
    // Both wait for their browsers at the same time, each at a port of its own.
    for window in [&window, &other] {
        window.see("[data-page=sign-in]").await?;
        window.click("#primary").await?;
        window.see("[data-status=signing_in]").await?;
    }
    let first = setting.next_page(0).await?;
    let second =
        until("the other's page", || async { std::fs::read_to_string(&pages).ok()?.lines().next().map(str::to_owned) })
            .await?;
    let grace = grace_adeyemi();
    let role = grace.user.roles[0].person_roleid.clone();
    tests::practice::sign_in(&mut Default::default(), &second, grace.uuid().as_str(), Some(&role)).await?;
    tests::practice::sign_in(&mut Default::default(), &first, owen_pritchard().uuid().as_str(), None).await?;
    for (window, own, others) in [(&window, "Owen", "Grace"), (&other, "Grace", "Owen")] {
        window.see("[data-page=confirm-identity]").await?;
        let heading = window.text("h1").await?;
        assert!(heading.contains(own) && !heading.contains(others), "{heading}");
        window.click("#primary").await?;
        window.see("[data-page=find]").await?;
    }
    window.close().await?;
    assert!(other.shows("[data-page=find]").await, "the other goes on");
    other.close().await
}

#[tokio::test]
async fn the_log_is_for_this_account_and_names_nobody() -> Outcome {
    let setting = Setting::new()?;
    std::fs::create_dir_all(setting.data_dir())?;
    std::fs::set_permissions(setting.data_dir(), std::fs::Permissions::from_mode(0o777))?;
    let window = setting.open().await?;
    let owen = owen_pritchard();
    setting.sign_in(&window, &owen, None).await?;
    window.click("#sign-out").await?;
    window.see("[data-page=sign-in]").await?;
    until("the end of the session", || async { (setting.events(121) == 1).then_some(()) }).await?;
    window.close().await?;
    assert_eq!((setting.events(100), setting.events(113), setting.events(120)), (1, 1, 1));
    for line in setting.logged() {
        let time = line["timestamp"].as_str().unwrap_or_default();
        assert!(time.ends_with('Z'), "not UTC: {time}");
    }
    for file in scan::files(&setting.data_dir())? {
        let mode = std::fs::metadata(&file)?.permissions().mode() & 0o777;
        let own = file.starts_with(setting.data_dir().join("logs")) || file.to_string_lossy().contains("store");
        assert!(!own || mode == 0o600, "{} has {mode:o}", file.display());
    }
    for folder in [setting.data_dir(), setting.data_dir().join("logs")] {
        assert_eq!(std::fs::metadata(&folder)?.permissions().mode() & 0o777, 0o700, "{}", folder.display());
    }
    let text = std::fs::read_to_string(setting.data_dir().join("logs").join("ra-desk.jsonl"))?;
    assert!(text.lines().count() >= 4);
    for word in
        [owen.uuid().as_str(), "Owen", "Pritchard", "state=", "code=", setting.folder.path().to_str().unwrap_or("?")]
    {
        assert!(!text.contains(word), "the log holds {word}");
    }
    Ok(())
}

#[tokio::test]
async fn a_computer_that_forgets_says_so() -> Outcome {
    let setting = Setting::new()?;
    let settings = setting.world.desk_settings();
    for (profile, shown) in [("temporary", true), ("network", true), ("kept", false)] {
        let window = setting.open_as(&settings, &[], &[("RA_DESK_PROFILE", profile)]).await?;
        accessible(&window, "sign-in").await?;
        if shown {
            window.see("#not-kept").await?;
        }
        assert_eq!(window.shows("#not-kept").await, shown, "{profile}");
        window.close().await?;
    }
    assert_eq!(setting.events(150), 2);
    Ok(())
}

#[tokio::test]
async fn an_update_while_it_runs_is_told() -> Outcome {
    let setting = Setting::new()?;
    let program = setting.folder.path().join("ra-desk");
    std::fs::copy(programs::desk()?, &program)?;
    let settings = setting.world.desk_settings();
    let window = setting.open_program(&program, &settings, &[], &[("RA_DESK_LOOK_OFTEN", "1")]).await?;
    window.see("[data-page=sign-in]").await?;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(window.text("#update").await?, "", "nothing was installed");
    // As a package manager does it: another file takes the place of the one that runs.
    let new = setting.folder.path().join("ra-desk.new");
    std::fs::write(&new, "a newer one")?;
    std::fs::rename(&new, &program)?;
    window.see_text("#update", "newer RA Desk").await?;
    setting.sign_in(&window, &owen_pritchard(), None).await?;
    window.see("[data-page=find]").await?;
    window.close().await
}
