//! When RA Desk cannot start it says why, and touches nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use sandbox::world::ra_users::owen_pritchard;
use tests::window::Window;
use tests::{Outcome, programs, scan};

use crate::setting::{Setting, accessible};

/// Fails unless RA Desk says that it cannot start, for this reason.
async fn cannot_start(window: Window, code: &str) -> Outcome {
    accessible(&window, "cannot-start").await?;
    let shown = window.see("[data-page=cannot-start]").await?.attr("data-code").await?;
    assert_eq!(shown.as_deref(), Some(code));
    window.close().await
}

/// The store's own files as they are now. What the web view keeps for itself does not count, nor does the log.
fn store_files(setting: &Setting) -> Outcome<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    if setting.data_dir().exists() {
        for file in scan::files(&setting.data_dir())? {
            // The index of the journal is made anew at each opening and holds nothing of its own.
            let logged = file.parent().is_some_and(|folder| folder.ends_with("logs"));
            if !logged && !file.ends_with("store.lock") && !file.to_string_lossy().ends_with("-shm") {
                files.insert(file.clone(), std::fs::read(&file)?);
            }
        }
    }
    Ok(files)
}

/// Files that are not as they were.
fn changed(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<PathBuf> {
    let all: std::collections::BTreeSet<&PathBuf> = before.keys().chain(after.keys()).collect();
    all.into_iter().filter(|file| before.get(*file) != after.get(*file)).cloned().collect()
}

/// The file that holds the store.
fn store_file(setting: &Setting) -> Outcome<PathBuf> {
    let mut files: Vec<PathBuf> = store_files(setting)?.into_keys().collect();
    files.retain(|file| !file.to_string_lossy().ends_with("-wal") && !file.to_string_lossy().ends_with("-shm"));
    files.sort_by_key(|file| std::cmp::Reverse(std::fs::metadata(file).map_or(0, |meta| meta.len())));
    files.into_iter().next().ok_or_else(|| "there is no store".into())
}

#[tokio::test]
async fn without_a_key_store_nothing_is_set_up() -> Outcome {
    let setting = Setting::without_key_store()?;
    cannot_start(setting.open().await?, "KEY_STORE_MISSING").await?;
    assert_eq!(store_files(&setting)?, BTreeMap::new(), "nothing is written in the clear");
    Ok(())
}

#[tokio::test]
async fn without_settings_it_says_what_is_missing() -> Outcome {
    let setting = Setting::new()?;
    let window = setting.open_with(std::path::Path::new("/nonexistent/desk.toml")).await?;
    cannot_start(window, "SETTINGS_WRONG").await
}

#[tokio::test]
async fn a_store_without_its_key_is_left_alone() -> Outcome {
    let mut setting = Setting::new()?;
    setting.open().await?.close().await?;
    let before = store_files(&setting)?;
    // The same data folder on a desktop whose key store has never heard of it.
    let other = tempfile::tempdir()?;
    setting.desktop = tests::desktop::Desktop::start(other.path())?;
    cannot_start(setting.open().await?, "KEY_MISSING").await?;
    assert_eq!(changed(&before, &store_files(&setting)?), Vec::<PathBuf>::new());
    Ok(())
}

#[tokio::test]
async fn a_truncated_store_is_put_aside_and_told_and_one_of_another_key_is_left_alone() -> Outcome {
    let setting = Setting::new()?;
    setting.open().await?.close().await?;
    let file = store_file(&setting)?;
    let good = std::fs::read(&file)?;
    let half = good[..good.len() / 2 - 100].to_vec();
    std::fs::write(&file, &half)?;
    let window = setting.open().await?;
    accessible(&window, "recovered").await?;
    window.click("#primary").await?;
    window.see("[data-page=sign-in]").await?;
    window.close().await?;
    let kept = store_files(&setting)?.into_values().any(|bytes| bytes == half);
    assert!(kept, "the damaged file is kept as it was");
    let window = setting.open().await?;
    window.see("[data-page=sign-in]").await?;
    window.close().await?;

    // A store that another computer's RA Desk made.
    let elsewhere = tempfile::tempdir()?;
    let stranger = elsewhere.path().join("data");
    open_elsewhere(&setting, elsewhere.path(), &stranger).await?;
    let own = elsewhere.path().join("own");
    std::fs::create_dir(&own)?;
    move_store(&setting.data_dir(), &own)?;
    move_store(&stranger, &setting.data_dir())?;
    let before = store_files(&setting)?;
    cannot_start(setting.open().await?, "WRONG_KEY").await?;
    assert_eq!(changed(&before, &store_files(&setting)?), Vec::<PathBuf>::new());

    move_store(&setting.data_dir(), &stranger)?;
    move_store(&own, &setting.data_dir())?;
    let window = setting.open().await?;
    setting.sign_in(&window, &owen_pritchard(), None).await?;
    // What was lost may be this RA user's: they are told for themselves.
    window.see("[data-page=recovered]").await?;
    window.click("#primary").await?;
    window.see("[data-page=find]").await?;
    window.close().await
}

/// Moves a closed store, with the journal that an end without a sign-out leaves beside it.
fn move_store(from: &std::path::Path, to: &std::path::Path) -> Outcome {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("store.db") {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Lets an RA Desk of another computer make its store.
async fn open_elsewhere(setting: &Setting, home: &std::path::Path, data: &std::path::Path) -> Outcome {
    let desktop = tests::desktop::Desktop::start(home)?;
    let settings = setting.world.desk_settings();
    let window = Window::desk(&desktop, &programs::desk()?, &home.join("desk.log"), |command| {
        command.env("RA_DESK_SETTINGS", settings).env("RA_DESK_DATA_DIR", data);
    })
    .await?;
    window.see("[data-page=sign-in]").await?;
    window.close().await
}

#[tokio::test]
async fn a_second_start_ends_by_itself() -> Outcome {
    let setting = Setting::new()?;
    let window = setting.open().await?;
    window.see("[data-page=sign-in]").await?;
    let mut command = setting.desktop.command(&programs::desk()?);
    command.env("RA_DESK_SETTINGS", setting.world.desk_settings()).env("RA_DESK_DATA_DIR", setting.data_dir());
    let mut second = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let deadline = Instant::now() + Duration::from_secs(20);
    let status = loop {
        if let Some(status) = second.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            second.kill()?;
            return Err("the second RA Desk stays open".into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(status.success());
    assert!(window.shows("[data-page=sign-in]").await, "the first one goes on");
    window.close().await
}
