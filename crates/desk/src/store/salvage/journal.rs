//! A store's journal (the write-ahead log), frame by frame, and whether SQLite would forget something of it.
//!
//! SQLite believes a journal up to the first frame that does not fit the chain of sums, and takes the rest for a write
//! that a power cut interrupted. That is right for the last transaction alone: each one is on disk before the next is
//! begun, and what an earlier start left is before anything is written ([`crate::store::file`]). Three things show that
//! something before it was changed since:
//!
//! - **A frame that follows an end.** Behind the chain, a frame's sum goes on from that of the frame before, and that one
//!   ends a transaction. It was begun when that end was on disk, and all before it.
//! - **A later transaction.** Behind the chain and an end, frames go on from one another to another end.
//! - **A head of which one field was changed.** The frame that breaks the chain is whole, and would fit it but for one
//!   field of its head; and with it the chain goes on to an end.
//!
//! No write that a kill interrupted looks like any of them, and none that a power cut did, whichever of its sectors came
//! to the disk and whatever lay there before; but for the second, where two power cuts came one after the other, each in
//! the middle of a transaction. That is told as damage, and nothing is lost by it.
//!
//! Whether a page is whole says nothing by itself. A frame's head and its page are two writes, and what lies in the page's
//! place while only the head has come may be a whole page of the same number: of an earlier run of the journal, or of a
//! transaction that was given up. Nor do the number and the end of a head that lies across two sectors: of those one may
//! have come and the other not.

use std::fs::File;
use std::io::{ErrorKind, Read, Result, Seek, SeekFrom};
use std::path::Path;

use crate::store::key::{PAGE, PageKey};

const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;
const FRAME: usize = FRAME_HEAD + PAGE;
/// What a disk writes whole or not at all.
const SECTOR: u64 = 512;

/// A journal, as far as it is there.
#[derive(Default)]
pub(super) struct Journal {
    file: Option<File>,
    /// Its frames of this run, whole or not, up to the last one that ends a transaction.
    pub(super) frames: Vec<Frame>,
    /// How many of them SQLite believes.
    pub(super) believed: usize,
    /// Whether its head is as it was written. Without it SQLite believes nothing of the journal.
    pub(super) has_head: bool,
    /// Whether the journal itself shows that SQLite would forget what was saved.
    pub(super) forgets: bool,
}

/// A version of a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Which page.
    pub(super) number: u32,
    /// The pages the file has after its transaction; 0 where it does not end one.
    pub(super) commit: u32,
    /// Whether the page is as it was written.
    pub(super) whole: bool,
    offset: u64,
}

impl Frame {
    /// Whether its number and end lie in another sector than its sums.
    const fn head_lies_across(&self) -> bool {
        let begins = self.offset - FRAME_HEAD as u64;
        begins / SECTOR != (self.offset - 1) / SECTOR
    }
}

impl Journal {
    /// Reads the journal of a store; there may be none.
    pub(super) fn read(path: &Path, key: &PageKey) -> Result<Self> {
        let Some(file) = open(path)? else { return Ok(Self::default()) };
        let mut reading = Reading::of(&read_at(Some(&file), 0, HEAD)?, key);
        let length = file.metadata()?.len();
        let (mut offset, mut frame) = (HEAD as u64, vec![0; FRAME]);
        while offset + FRAME as u64 <= length {
            (&file).seek(SeekFrom::Start(offset))?;
            (&file).read_exact(&mut frame)?;
            reading.take(&frame, offset + FRAME_HEAD as u64);
            offset += FRAME as u64;
        }
        Ok(reading.end(file))
    }

    /// What stands in a frame's page, whole or not.
    pub(super) fn page(&self, frame: &Frame) -> Result<Vec<u8>> {
        read_at(self.file.as_ref(), frame.offset, PAGE)
    }
}

/// A journal that is being read.
struct Reading<'a> {
    key: &'a PageKey,
    /// The sum of its head, where that is as it was written.
    head: Option<Sum>,
    /// What marks the frames of this run.
    salts: Option<[u8; 8]>,
    /// The chain as SQLite believes it; none behind its end.
    chain: Option<Sum>,
    /// The chain behind a head of which one field was changed.
    mended: Option<Sum>,
    /// What the frame before says its sum is, if that one lies behind the chain and is of this run.
    before: Option<Sum>,
    /// Whether that one ends a transaction.
    before_ends_one: bool,
    /// Whether any frame behind the chain does.
    end_seen: bool,
    /// Whether frames go on from one another since such an end.
    goes_on: bool,
    frames: Vec<Frame>,
    believed: usize,
    /// How many frames there are up to the last one that is whole and of this run.
    ours: usize,
    forgets: bool,
}

impl<'a> Reading<'a> {
    fn of(head: &[u8], key: &'a PageKey) -> Self {
        let sum = Sum::of_head(head);
        Self {
            key,
            head: sum,
            salts: sum.map(|_| std::array::from_fn(|at| head[16 + at])),
            chain: sum,
            mended: None,
            before: None,
            before_ends_one: false,
            end_seen: false,
            goes_on: false,
            frames: Vec::new(),
            believed: 0,
            ours: 0,
            forgets: false,
        }
    }

    fn take(&mut self, bytes: &[u8], offset: u64) {
        let (head, page) = bytes.split_at(FRAME_HEAD);
        let salts: [u8; 8] = std::array::from_fn(|at| head[8 + at]);
        let mut frame = Frame { number: word(head, 0), commit: word(head, 4), whole: false, offset };
        let fits = self.chain.filter(|_| self.salts == Some(salts) && frame.number > 0);
        let same_run = self.salts.is_none_or(|of_run| is_of_run(of_run, salts));
        if let Some(sum) = fits.and_then(|chain| chain.takes(head, page)) {
            (frame.whole, self.chain) = (true, Some(sum));
            self.believed = if frame.commit > 0 { self.frames.len() + 1 } else { self.believed };
        } else {
            frame.whole = frame.number > 0 && self.key.is_sealed(frame.number, page);
            self.look_behind_the_chain(&mut frame, head, page, same_run);
        }
        self.frames.push(frame);
        if same_run && frame.whole {
            self.salts.get_or_insert(salts);
            self.ours = self.frames.len();
        }
    }

    /// Looks for what shows that something was changed that was on disk.
    fn look_behind_the_chain(&mut self, frame: &mut Frame, head: &[u8], page: &[u8], same_run: bool) {
        let breaks = self.chain.take();
        self.mended = match breaks.filter(|_| same_run) {
            Some(chain) => self.mend(chain, frame, head, page),
            None => self.mended.filter(|_| same_run).and_then(|sum| sum.takes(head, page)),
        };
        let follows = same_run && self.before.is_some_and(|before| before.takes(head, page).is_some());
        self.goes_on = follows && (self.goes_on || self.end_seen);
        let ends_one = frame.commit > 0;
        self.forgets |= follows && self.before_ends_one || (self.goes_on || self.mended.is_some()) && ends_one;
        // What the sums cover is as it was written; else the end may be that of an earlier frame.
        let is_sure = follows || self.mended.is_some() || !frame.head_lies_across();
        self.before = self.head.filter(|_| same_run).map(|sum| sum.told_by(head));
        self.before_ends_one = same_run && ends_one && is_sure;
        self.end_seen |= self.before_ends_one;
    }

    /// The chain behind the frame that breaks it, if one field of that frame's head was changed and nothing else; the
    /// frame is given the number and the end that it had.
    fn mend(&self, chain: Sum, frame: &mut Frame, head: &[u8], page: &[u8]) -> Option<Sum> {
        let told = chain.told_by(head);
        // Its number or its end. This first: a change of one bit in either may leave one of the two sums as it is.
        let (number, commit) = chain.wanted(told, page);
        let one_of_them = (number == frame.number) != (commit == frame.commit);
        if one_of_them && !frame.head_lies_across() && self.key.is_sealed(number, page) {
            (frame.number, frame.commit, frame.whole) = (number, commit, true);
            return Some(told);
        }
        // One of its sums, or of its salts: then both sums fit, and only the salts kept it out of the chain.
        let sum = chain.behind(head, page);
        let fits = sum.now.0 == told.now.0 || sum.now.1 == told.now.1;
        (fits && frame.whole).then_some(sum)
    }

    fn end(mut self, file: File) -> Journal {
        self.frames.truncate(self.ours);
        let ends = self.frames.iter().rposition(|frame| frame.commit > 0).map_or(0, |last| last + 1);
        self.frames.truncate(ends);
        let (believed, forgets) = (self.believed, self.forgets);
        Journal { file: Some(file), frames: self.frames, believed, has_head: self.head.is_some(), forgets }
    }
}

/// Whether a frame was written in the run with these salts. SQLite begins each run with the next number as the first and
/// a random second: a frame of another run has neither, and one that has either of them was changed since.
fn is_of_run(run: [u8; 8], frame: [u8; 8]) -> bool {
    run[..4] == frame[..4] || run[4..] == frame[4..]
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
        if head.len() < HEAD || word(head, 0) & !1 != 0x377f_0682 || word(head, 8) as usize != PAGE {
            return None;
        }
        let start = Self { big_endian: word(head, 0) & 1 == 1, now: (0, 0) };
        let sum = start.over(&head[..24]);
        (sum.now == (word(head, 24), word(head, 28))).then_some(sum)
    }

    /// What a frame's head says that the sum is, with it.
    fn told_by(self, head: &[u8]) -> Self {
        Self { now: (word(head, 16), word(head, 20)), ..self }
    }

    /// The sum with a frame more, as it is.
    fn behind(self, head: &[u8], page: &[u8]) -> Self {
        self.over(&head[..8]).over(page)
    }

    /// The sum with a frame more, if that is what the frame says.
    fn takes(self, head: &[u8], page: &[u8]) -> Option<Self> {
        let sum = self.behind(head, page);
        (sum.now == self.told_by(head).now).then_some(sum)
    }

    /// The number and the end with which a page would lead from this sum to that one. There is always one such pair.
    fn wanted(self, told: Self, page: &[u8]) -> (u32, u32) {
        let (mut one, mut two) = told.now;
        let (words, _) = page.as_chunks::<4>();
        for pair in words.chunks_exact(2).rev() {
            two = two.wrapping_sub(self.read(pair[1])).wrapping_sub(one);
            one = one.wrapping_sub(self.read(pair[0])).wrapping_sub(two);
        }
        let number = one.wrapping_sub(self.now.0).wrapping_sub(self.now.1);
        let commit = two.wrapping_sub(self.now.1).wrapping_sub(one);
        (self.as_written(number), self.as_written(commit))
    }

    fn over(self, bytes: &[u8]) -> Self {
        let (mut one, mut two) = self.now;
        let (words, _) = bytes.as_chunks::<4>();
        for pair in words.chunks_exact(2) {
            one = one.wrapping_add(self.read(pair[0])).wrapping_add(two);
            two = two.wrapping_add(self.read(pair[1])).wrapping_add(one);
        }
        Self { now: (one, two), ..self }
    }

    const fn read(self, word: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    }

    /// A word as the sums read it, as it stands in a head.
    const fn as_written(self, word: u32) -> u32 {
        if self.big_endian { word } else { word.swap_bytes() }
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_be_bytes)
}

/// A file, if there is one.
pub(super) fn open(path: &Path) -> Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// As many bytes as there are, at the most so many.
pub(super) fn read_at(file: Option<&File>, offset: u64, most: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(most);
    if let Some(mut file) = file {
        file.seek(SeekFrom::Start(offset))?;
        file.take(most as u64).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
