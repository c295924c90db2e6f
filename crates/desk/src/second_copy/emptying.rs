//! Emptying the second copy: once everything in its file is settled at the gateway, a new one takes its place.
//!
//! In this order, so that a copy is never missing and no file is left that nobody knows of, whenever it ends: the name of
//! the new file is written down as one that may go; the file is begun, whole and on its disk; the store takes it for the
//! one in use and the old one for one that may go; the old one is removed. One on a stick that is away stays until it is
//! back, also where another was begun on another stick meanwhile. A file that holds anything that is not known here is
//! left lying and never removed: an older copy of this store, or one that was recovered, does not know what waits in it.

use std::path::Path;
use std::sync::Arc;

use super::file::{self, Stands};
use super::{NoSecondCopy, SecondCopy, copy_now, new_file, on_disk, stored};
use crate::desk::Inner;

/// Empties the copy if it is whole and all of it is settled. What cannot be done now is done another time; where no new
/// file can be begun, that is told.
pub(super) async fn empty_now(desk: &Arc<Inner>) {
    let Some(folder) = desk.settings.second_copy_folder.clone() else { return };
    let (now, not_begun) = {
        let state = desk.state();
        (state.second_copy, state.copy_not_begun)
    };
    let is_whole = match now {
        SecondCopy::Whole => true,
        SecondCopy::Missing { why, .. } => not_begun == Some(why),
        SecondCopy::Off => false,
    };
    if !is_whole {
        return;
    }
    let one_at_a_time = desk.copying.clone().lock_owned().await;
    let working = desk.clone();
    // By itself, as copying is: nothing is to be given up half way.
    let emptying = tokio::spawn(async move {
        if let Err(error) = empty(&working, &folder).await {
            tracing::info!(%error, "the second copy is not emptied now");
        }
        drop(one_at_a_time);
    });
    _ = emptying.await;
    // Looking at the copy is what tells of it.
    if desk.state().copy_not_begun != not_begun {
        copy_now(desk).await;
    }
}

async fn empty(desk: &Arc<Inner>, folder: &Path) -> Result<(), NoSecondCopy> {
    let (place, data) = (folder.to_owned(), desk.store.folder.clone());
    on_disk(move || file::check_folder(&place, &data)).await?;
    if desk.store.read(stored::is_any_to_let_go).await.map_err(|_| NoSecondCopy::Store)? {
        desk.store.write(stored::let_go).await.map_err(|_| NoSecondCopy::Store)?;
    }
    // First, so that there is room for another. What cannot be removed now keeps none from being begun.
    let removed = remove_done(desk, folder).await;
    if take_turns(desk, folder).await? { remove_done(desk, folder).await } else { removed }
}

/// Begins a new file in place of one of which everything is settled. Says whether there is one now.
async fn take_turns(desk: &Arc<Inner>, folder: &Path) -> Result<bool, NoSecondCopy> {
    let settled = desk.store.read(|conn| {
        let file = stored::file(conn)?;
        Ok(match file {
            Some(file) if stored::is_settled(conn, &file)? => Some((file, stored::intended(conn)?)),
            _ => None,
        })
    });
    let Some((old, intended)) = settled.await.map_err(|_| NoSecondCopy::Store)? else {
        // Whether the disk takes more is found out by writing what waits.
        desk.state().copy_not_begun = None;
        return Ok(false);
    };
    let (place, asked) = (folder.to_owned(), old.clone());
    let stood = on_disk(move || file::stands(&place, &asked)).await?;
    if stood != Stands::AsKnown && !(old.holds_more && stood == Stands::Longer) {
        return Ok(false);
    }
    // One name until a file of that name is begun: a disk that takes none is tried again and again.
    let new = match intended {
        Some(intended) => intended,
        None => {
            let new = new_file(desk);
            let intended = new.clone();
            desk.store.write(move |conn| stored::intend(conn, &intended)).await.map_err(|_| NoSecondCopy::Store)?;
            new
        }
    };
    let (place, begun) = (folder.to_owned(), new.clone());
    let begun = on_disk(move || file::begin(&place, &begun)).await;
    let told = |why: &NoSecondCopy| matches!(why, NoSecondCopy::NotWritable | NoSecondCopy::Full);
    desk.state().copy_not_begun = begun.err().filter(told);
    begun?;
    let taken = desk.store.write(move |conn| stored::take_turns(conn, &old, &new)).await;
    let taken = taken.map_err(|_| NoSecondCopy::Store)?;
    if taken {
        tracing::info!("all of the second copy is settled: a new file is begun");
    }
    Ok(taken)
}

/// Removes what may go, as far as it is here.
async fn remove_done(desk: &Arc<Inner>, folder: &Path) -> Result<(), NoSecondCopy> {
    let read = desk.store.read(|conn| Ok((stored::done(conn)?, stored::file(conn)?)));
    let (done, in_use) = read.await.map_err(|_| NoSecondCopy::Store)?;
    for file in done {
        let is_in_use = in_use.as_ref().is_some_and(|in_use| in_use.name == file.name);
        let (place, name) = (folder.to_owned(), file.name.clone());
        // Away with its stick perhaps: it is looked for again.
        if !is_in_use && on_disk(move || file::remove(&place, &file)).await? == Stands::Not {
            continue;
        }
        // Removed; or something else by now, which is left alone.
        desk.store.write(move |conn| stored::forget(conn, &name)).await.map_err(|_| NoSecondCopy::Store)?;
    }
    Ok(())
}
