//! What is left of a store's file and its journal (the write-ahead log), page by page.
//!
//! SQLite believes a journal up to the first frame that does not fit, and takes the rest for a write that a power cut
//! interrupted. That is right for the last transaction alone: each one is on disk before the next is begun. Frames
//! behind it that are whole show that something in between was damaged, and that SQLite would forget what was saved.

use std::collections::HashMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Result, Seek, SeekFrom};
use std::path::Path;

use crate::store::key::{PAGE, PageKey};

const WAL_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;
/// The page SQLite keeps free for its locks; it is never written.
const LOCKS: u32 = 0x4000_0000 / 4096 + 1;

/// A file and its journal, as far as they are there.
pub(super) struct Image {
    key: PageKey,
    file: Option<File>,
    /// How many pages the file has; what is left of one that was cut off counts.
    in_file: u32,
    wal: Wal,
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

#[derive(Default)]
struct Wal {
    file: Option<File>,
    /// Its frames of this run, whole or not, up to the last one that ends a transaction.
    frames: Vec<Frame>,
    /// How many of them SQLite believes.
    believed: usize,
    /// Whether it would forget what was saved.
    forgets: bool,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    number: u32,
    /// The pages the file has after its transaction; 0 where it does not end one.
    commit: u32,
    offset: u64,
    whole: bool,
}

/// Whether SQLite would forget something of a journal that was saved. Changes nothing.
pub(in crate::store) fn journal_forgets(db: &Path, wal: &Path, key: PageKey) -> Result<bool> {
    Ok(Image::read(db, wal, key)?.wal.forgets)
}

impl Image {
    /// Looks at a file and its journal; either may be missing.
    pub(super) fn read(db: &Path, wal: &Path, key: PageKey) -> Result<Self> {
        let file = open(db)?;
        let length = file.as_ref().map_or(Ok(0), |file| file.metadata().map(|data| data.len()))?;
        let in_file = u32::try_from(length.div_ceil(PAGE as u64)).unwrap_or(u32::MAX);
        let mut image = Self { key, file, in_file, wal: Wal::default() };
        if let Some(file) = open(wal)? {
            image.read_wal(file)?;
        }
        Ok(image)
    }

    /// Whether SQLite would forget something that was saved.
    pub(super) const fn journal_is_damaged(&self) -> bool {
        self.wal.forgets
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
        if !self.wal.forgets {
            let believed = &self.wal.frames[..self.wal.believed];
            last.extend(believed.iter().enumerate().map(|(index, frame)| (frame.number, index)));
            let pages = believed.last().map_or(self.in_file.max(self.told_length()?), |frame| frame.commit);
            let place = |number| Place { number, frame: last.get(&number).copied(), newest: true };
            return Ok((1..=pages).filter(|number| *number != LOCKS).map(place).collect());
        }
        let whole = || self.wal.frames.iter().enumerate().filter(|(_, frame)| frame.whole);
        last.extend(whole().map(|(index, frame)| (frame.number, index)));
        let in_file = (1..=self.in_file).filter(|number| *number != LOCKS);
        let in_file = in_file.map(|number| Place { number, frame: None, newest: !last.contains_key(&number) });
        let frames = self.wal.frames.iter().enumerate().map(|(index, frame)| Place {
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
            Some(index) => read_at(self.wal.file.as_ref(), self.wal.frames[index].offset, PAGE)?,
            None => read_at(self.file.as_ref(), u64::from(place.number.saturating_sub(1)) * PAGE as u64, PAGE)?,
        };
        Ok(self.key.open(place.number, &page))
    }

    /// Another page that belongs to what stands at a place: as it was when that was written, or else in the file.
    pub(super) fn beside(&self, place: Place, number: u32) -> Result<Option<Vec<u8>>> {
        let end = match place.frame {
            // All pages of one transaction belong together.
            Some(at) => {
                self.wal.frames[at..].iter().position(|frame| frame.commit > 0).map_or(at, |rest| at + rest) + 1
            }
            None if self.wal.forgets => 0,
            None => self.wal.believed,
        };
        let end = if self.wal.forgets { end } else { self.wal.believed };
        let frame = self.wal.frames[..end].iter().rposition(|frame| frame.number == number && frame.whole);
        self.open(Place { number, frame, newest: true })
    }

    fn read_wal(&mut self, mut file: File) -> Result<()> {
        let length = file.metadata()?.len();
        let head = read_at(Some(&file), 0, WAL_HEAD)?;
        let mut sum = Sum::of_head(&head);
        let mut salts = sum.is_some().then(|| head[16..24].to_vec());
        let (mut frames, mut believed, mut ours) = (Vec::new(), 0, 0);
        // A frame that is whole, and of this run, and that the chain of sums does not reach.
        let mut unreached = Vec::new();
        let mut offset = WAL_HEAD as u64;
        while offset + (FRAME_HEAD + PAGE) as u64 <= length {
            file.seek(SeekFrom::Start(offset))?;
            let mut frame = vec![0; FRAME_HEAD + PAGE];
            file.read_exact(&mut frame)?;
            let (frame_head, page) = frame.split_at(FRAME_HEAD);
            let (number, commit) = (word(frame_head, 0), word(frame_head, 4));
            let same_run = salts.as_deref().is_none_or(|salts| is_of_run(salts, &frame_head[8..16]));
            let fits = salts.as_deref().is_some_and(|salts| *salts == frame_head[8..16])
                && number > 0
                && sum.as_mut().is_some_and(|sum| sum.takes(frame_head, page));
            let whole = fits || number > 0 && self.key.is_sealed(number, page);
            frames.push(Frame { number, commit, offset: offset + FRAME_HEAD as u64, whole });
            if fits {
                ours = frames.len();
                believed = if commit > 0 { ours } else { believed };
            } else {
                sum = None;
                if same_run && whole {
                    salts.get_or_insert_with(|| frame_head[8..16].to_vec());
                    ours = frames.len();
                }
                unreached.push((same_run, whole, commit > 0));
            }
            offset += (FRAME_HEAD + PAGE) as u64;
        }
        frames.truncate(ours);
        let ends = frames.iter().rposition(|frame| frame.commit > 0).map_or(0, |last| last + 1);
        frames.truncate(ends);
        self.wal = Wal { file: Some(file), frames, believed, forgets: false };
        self.wal.forgets = if Sum::of_head(&head).is_some() {
            forgets(&unreached)
        } else {
            // Without its head nothing of it is believed. That costs nothing if the file has it all.
            self.file_lacks_a_frame()?
        };
        Ok(())
    }

    fn file_lacks_a_frame(&self) -> Result<bool> {
        let mut last: HashMap<u32, &Frame> = HashMap::new();
        last.extend(self.wal.frames.iter().filter(|frame| frame.whole).map(|frame| (frame.number, frame)));
        for (number, frame) in last {
            let here = read_at(self.file.as_ref(), u64::from(number - 1) * PAGE as u64, PAGE)?;
            if here != read_at(self.wal.file.as_ref(), frame.offset, PAGE)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether a frame was written in the run with these salts. SQLite begins each run with the next number as the first and
/// a random second: a frame of another run has neither, and one that has either of them was changed since.
fn is_of_run(salts: &[u8], frame: &[u8]) -> bool {
    salts[..4] == frame[..4] || salts[4..] == frame[4..]
}

/// Whether frames behind the chain (of this run, whole, an end of a transaction) show more than a write that was
/// interrupted or given up. The first of them is whole and its transaction came to its end, so that its head alone was
/// changed; or one behind a transaction's end is whole, so that the transaction was on disk before that was begun.
///
/// What a transaction wrote that was given up is no sign: it stays behind the chain, whole, until it is written over.
/// It never came to an end.
fn forgets(unreached: &[(bool, bool, bool)]) -> bool {
    let Some(end) = unreached.iter().position(|(same_run, _, commit)| *same_run && *commit) else { return false };
    let is_whole = |(same_run, whole, _): &(bool, bool, bool)| *same_run && *whole;
    is_whole(&unreached[0]) || unreached[end + 1..].iter().any(is_whole)
}

/// SQLite's sums over a journal: each covers all before it.
#[derive(Clone, Copy)]
struct Sum {
    big_endian: bool,
    now: (u32, u32),
}

impl Sum {
    /// None where the head of the journal is not one.
    fn of_head(head: &[u8]) -> Option<Self> {
        if head.len() < WAL_HEAD || word(head, 0) & !1 != 0x377f_0682 || word(head, 8) as usize != PAGE {
            return None;
        }
        let mut sum = Self { big_endian: word(head, 0) & 1 == 1, now: (0, 0) };
        sum.add(&head[..24]);
        (sum.now == (word(head, 24), word(head, 28))).then_some(sum)
    }

    fn takes(&mut self, head: &[u8], page: &[u8]) -> bool {
        let before = self.now;
        self.add(&head[..8]);
        self.add(page);
        let fits = self.now == (word(head, 16), word(head, 20));
        if !fits {
            self.now = before;
        }
        fits
    }

    fn add(&mut self, bytes: &[u8]) {
        let (mut one, mut two) = self.now;
        let (words, _) = bytes.as_chunks::<4>();
        let read = |word: [u8; 4]| if self.big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) };
        for pair in words.chunks_exact(2) {
            one = one.wrapping_add(read(pair[0])).wrapping_add(two);
            two = two.wrapping_add(read(pair[1])).wrapping_add(one);
        }
        self.now = (one, two);
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn open(path: &Path) -> Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// As many bytes as there are, at the most so many.
fn read_at(file: Option<&File>, offset: u64, most: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(most);
    if let Some(mut file) = file {
        file.seek(SeekFrom::Start(offset))?;
        file.take(most as u64).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
