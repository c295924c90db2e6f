//! What is left of a store's file and its journal, page by page.

use std::collections::HashMap;
use std::fs::File;
use std::io::Result;
use std::path::Path;

use super::journal::{Frame, Journal, open, read_at};
use crate::store::key::{PAGE, PageKey};

/// The page SQLite keeps free for its locks; it is never written.
const LOCKS: u32 = 0x4000_0000 / 4096 + 1;

/// A file and its journal, as far as they are there.
pub(super) struct Image {
    key: PageKey,
    file: Option<File>,
    /// How many pages the file has; what is left of one that was cut off counts.
    in_file: u32,
    journal: Journal,
    /// Whether SQLite would forget something that was saved.
    forgets: bool,
}

/// One version of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Which page.
    pub(super) number: u32,
    /// The frame of the journal it stands in. None: in the file.
    frame: Option<usize>,
    /// Whether no later version of this page is whole.
    pub(super) newest: bool,
}

/// Whether SQLite would forget something of a journal that was saved. Changes nothing.
pub(in crate::store) fn journal_forgets(db: &Path, wal: &Path, key: PageKey) -> Result<bool> {
    Ok(Image::read(db, wal, key)?.forgets)
}

impl Image {
    /// Looks at a file and its journal; either may be missing.
    pub(super) fn read(db: &Path, wal: &Path, key: PageKey) -> Result<Self> {
        let file = open(db)?;
        let length = file.as_ref().map_or(Ok(0), |file| file.metadata().map(|data| data.len()))?;
        let in_file = u32::try_from(length.div_ceil(PAGE as u64)).unwrap_or(u32::MAX);
        let journal = Journal::read(wal, &key)?;
        let mut image = Self { key, file, in_file, journal, forgets: false };
        // Without its head nothing of the journal is believed. That costs nothing if the file has it all.
        image.forgets = if image.journal.has_head { image.journal.forgets } else { image.file_lacks_a_frame()? };
        Ok(image)
    }

    /// Whether SQLite would forget something that was saved.
    pub(super) const fn journal_is_damaged(&self) -> bool {
        self.forgets
    }

    /// Whether any page is one of this key.
    pub(super) fn knows_its_key(&self) -> Result<bool> {
        for place in self.places()? {
            if self.open(place)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is to be read: of each page what stands there now, and where the journal is damaged every version, the
    /// oldest first.
    pub(super) fn places(&self) -> Result<Vec<Place>> {
        let mut last: HashMap<u32, usize> = HashMap::new();
        if !self.forgets {
            let believed = &self.journal.frames[..self.journal.believed];
            last.extend(believed.iter().enumerate().map(|(index, frame)| (frame.number, index)));
            let pages = believed.last().map_or(self.in_file.max(self.told_length()?), |frame| frame.commit);
            let place = |number| Place { number, frame: last.get(&number).copied(), newest: true };
            return Ok((1..=pages).filter(|number| *number != LOCKS).map(place).collect());
        }
        let whole = || self.journal.frames.iter().enumerate().filter(|(_, frame)| frame.whole);
        last.extend(whole().map(|(index, frame)| (frame.number, index)));
        let in_file = (1..=self.in_file).filter(|number| *number != LOCKS);
        let in_file = in_file.map(|number| Place { number, frame: None, newest: !last.contains_key(&number) });
        let frames = self.journal.frames.iter().enumerate().map(|(index, frame)| Place {
            number: frame.number,
            frame: Some(index),
            newest: last.get(&frame.number) == Some(&index),
        });
        Ok(in_file.chain(frames).collect())
    }

    /// How many pages the first page says that there are: more than the file has when it was cut off.
    fn told_length(&self) -> Result<u32> {
        // No more than could be meant: it is only counted with.
        const MOST: u32 = 1 << 22;
        let first = self.open(Place { number: 1, frame: None, newest: true })?;
        let told = first.as_ref().and_then(|page| page.get(28..32)?.try_into().ok()).map(u32::from_be_bytes);
        Ok(told.filter(|told| *told <= MOST).unwrap_or(0))
    }

    /// The version of the store's tables, if its first page can still be read.
    pub(super) fn version(&self) -> Result<Option<u32>> {
        for place in self.places()?.into_iter().rev().filter(|place| place.number == 1) {
            if let Some(page) = self.open(place)? {
                return Ok(page.get(60..64).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes));
            }
        }
        Ok(None)
    }

    /// What was written at a place; none where it is not as it was written.
    pub(super) fn open(&self, place: Place) -> Result<Option<Vec<u8>>> {
        let page = match place.frame {
            Some(index) => self.journal.page(&self.journal.frames[index])?,
            None => read_at(self.file.as_ref(), u64::from(place.number.saturating_sub(1)) * PAGE as u64, PAGE)?,
        };
        Ok(self.key.open(place.number, &page))
    }

    /// Another page that belongs to what stands at a place: as it was when that was written, or else in the file.
    pub(super) fn beside(&self, place: Place, number: u32) -> Result<Option<Vec<u8>>> {
        let end = match place.frame {
            // All pages of one transaction belong together.
            Some(at) => {
                self.journal.frames[at..].iter().position(|frame| frame.commit > 0).map_or(at, |rest| at + rest) + 1
            }
            None if self.forgets => 0,
            None => self.journal.believed,
        };
        let end = if self.forgets { end } else { self.journal.believed };
        let frame = self.journal.frames[..end].iter().rposition(|frame| frame.number == number && frame.whole);
        self.open(Place { number, frame, newest: true })
    }

    fn file_lacks_a_frame(&self) -> Result<bool> {
        let mut last: HashMap<u32, &Frame> = HashMap::new();
        last.extend(self.journal.frames.iter().filter(|frame| frame.whole).map(|frame| (frame.number, frame)));
        for (number, frame) in last {
            let here = read_at(self.file.as_ref(), u64::from(number - 1) * PAGE as u64, PAGE)?;
            if here != self.journal.page(frame)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
