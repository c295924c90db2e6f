//! Taking a file of a second copy apart while it is read: no more of it is held than its largest record needs.

use std::io::{ErrorKind, Read};

use super::{FILE_MARK, MOST_CONTENT, PAGE, RECORD_MARK, SEAL, SEALED_HEAD};

/// The bytes before what is sealed: the mark, and the length.
const RECORD_HEAD: usize = RECORD_MARK.len() + 4;
/// The largest record, and the mark of the next: what decides over a piece stands within.
const WINDOW: usize = RECORD_HEAD + SEAL + MOST_CONTENT + RECORD_MARK.len();
/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// What stands in a file, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A whole record, still sealed.
    Record(&'a [u8]),
    /// Bytes that are no record, from this place on.
    Spoilt(u64),
    /// The beginning of a record at the end of the file: it was being written when the disk went away.
    Torn(u64),
}

/// A file that is taken apart as it is read.
pub struct SealedReader<R> {
    from: R,
    /// What was read and is not given yet, behind what was.
    held: Vec<u8>,
    /// How much of that was given.
    given: usize,
    /// How much of it the next call passes over.
    passed: usize,
    /// The place in the file of what is held behind what was given.
    at: u64,
    ended: bool,
}

impl<R: Read> SealedReader<R> {
    /// Begins at the beginning of a file. None: it is no second copy.
    pub fn begin(from: R) -> std::io::Result<Option<Self>> {
        let mut reader = Self { from, held: Vec::new(), given: 0, passed: 0, at: 0, ended: false };
        reader.hold(SEALED_HEAD)?;
        let is_one = reader.rest().len() >= SEALED_HEAD && reader.rest().starts_with(&FILE_MARK);
        reader.passed = SEALED_HEAD;
        Ok(is_one.then_some(reader))
    }

    /// The next piece, and the place in the file of what is within it: of a record, that of the sealed bytes. None: there
    /// is no more.
    #[expect(clippy::should_implement_trait, reason = "what it gives stands within it, and lives until the next call")]
    pub fn next(&mut self) -> std::io::Result<Option<(u64, Piece<'_>)>> {
        self.pass(self.passed);
        self.hold(WINDOW)?;
        let begins_at = self.at;
        let (rest, next) = (self.rest(), find_mark(self.rest(), 1));
        if rest.is_empty() {
            return Ok(None);
        }
        // A record ends before the next mark, whatever its length says: one with a spoilt length hides none behind it.
        if let Some(length) = record_at(&rest[..next.unwrap_or(rest.len())]) {
            self.passed = RECORD_HEAD + length;
            let sealed = &self.held[self.given + RECORD_HEAD..self.given + self.passed];
            return Ok(Some((begins_at + RECORD_HEAD as u64, Piece::Record(sealed))));
        }
        let begins = rest.starts_with(&RECORD_MARK) || RECORD_MARK.starts_with(rest);
        let is_last = !self.go_to_mark()?;
        let piece = if is_last && begins { Piece::Torn(begins_at) } else { Piece::Spoilt(begins_at) };
        Ok(Some((begins_at, piece)))
    }

    /// Passes over what is no record. Says whether there is a mark behind it.
    fn go_to_mark(&mut self) -> std::io::Result<bool> {
        self.passed = 0;
        let mut from = 1;
        loop {
            if let Some(next) = find_mark(self.rest(), from) {
                self.pass(next);
                return Ok(true);
            }
            if self.ended {
                self.pass(self.rest().len());
                return Ok(false);
            }
            // The mark may have begun at its end.
            self.pass(self.rest().len().saturating_sub(RECORD_MARK.len() - 1));
            self.hold(WINDOW)?;
            from = 0;
        }
    }

    fn rest(&self) -> &[u8] {
        &self.held[self.given..]
    }

    fn pass(&mut self, how_much: usize) {
        self.given += how_much;
        self.at += how_much as u64;
        self.passed = 0;
    }

    /// Reads until so much is held, or to the end.
    fn hold(&mut self, how_much: usize) -> std::io::Result<()> {
        while !self.ended && self.rest().len() < how_much {
            self.held.drain(..self.given);
            self.given = 0;
            let held = self.held.len();
            self.held.resize(held + CHUNK, 0);
            let read = loop {
                match self.from.read(&mut self.held[held..]) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    read => break read,
                }
            };
            self.held.truncate(held + *read.as_ref().unwrap_or(&0));
            self.ended = read? == 0;
        }
        Ok(())
    }
}

/// Takes a file apart that is in memory. None: it is no second copy.
pub fn sealed_pieces(file: &[u8]) -> Option<Vec<Piece<'_>>> {
    let mut reader = SealedReader::begin(file).ok()??;
    let mut pieces = Vec::new();
    while let Some((at, piece)) = reader.next().ok()? {
        let at = usize::try_from(at).ok()?;
        pieces.push(match piece {
            Piece::Record(sealed) => Piece::Record(file.get(at..at + sealed.len())?),
            Piece::Spoilt(at) => Piece::Spoilt(at),
            Piece::Torn(at) => Piece::Torn(at),
        });
    }
    Some(pieces)
}

fn find_mark(bytes: &[u8], from: usize) -> Option<usize> {
    let windows = bytes.get(from..)?.windows(RECORD_MARK.len());
    windows.enumerate().find(|(_, window)| *window == RECORD_MARK).map(|(at, _)| from + at)
}

/// How long what is sealed is of the record that begins there, if a whole one does.
fn record_at(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(&RECORD_MARK)?;
    let (length, rest) = rest.split_at_checked(4)?;
    let length = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()?;
    let content = length.checked_sub(SEAL)?;
    (content > 0 && content <= MOST_CONTENT && content % PAGE == 0 && rest.len() >= length).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed_head;

    /// Gives a few bytes at a time, and now and then is interrupted.
    struct Slowly<'a>(&'a [u8], usize);

    impl Read for Slowly<'_> {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            self.1 += 1;
            if self.1.is_multiple_of(5) {
                return Err(ErrorKind::Interrupted.into());
            }
            let most = self.1 % 4099 + 1;
            let (now, later) = self.0.split_at(most.min(self.0.len()).min(to.len()));
            to[..now.len()].copy_from_slice(now);
            self.0 = later;
            Ok(now.len())
        }
    }

    fn record(pages: usize, fill: u8) -> Vec<u8> {
        let length = pages * PAGE + SEAL;
        [&RECORD_MARK[..], &u32::try_from(length).unwrap().to_be_bytes(), &vec![fill; length]].concat()
    }

    /// What stands in a file, told by where it begins and how long it is.
    fn told(mut reader: SealedReader<impl Read>) -> Vec<(u64, Option<usize>, bool)> {
        let mut told = Vec::new();
        while let Some((at, piece)) = reader.next().unwrap() {
            told.push(match piece {
                Piece::Record(sealed) => (at, Some(sealed.len()), false),
                Piece::Spoilt(_) => (at, None, false),
                Piece::Torn(_) => (at, None, true),
            });
            assert!(reader.held.capacity() <= 8 * CHUNK, "{} bytes are held", reader.held.capacity());
        }
        told
    }

    #[test]
    fn a_large_file_is_taken_apart_without_being_held() {
        let mut file = sealed_head(&[3; 16]).to_vec();
        let mut expected = Vec::new();
        let mut put = |file: &mut Vec<u8>, bytes: &[u8], length: Option<usize>| {
            let head = if length.is_some() { RECORD_HEAD } else { 0 };
            expected.push(((file.len() + head) as u64, length, false));
            file.extend_from_slice(bytes);
        };
        for n in 0..600 {
            let pages = n % 16 + 1;
            put(&mut file, &record(pages, 7), Some(pages * PAGE + SEAL));
            // Longer than anything that is held, with half a mark at its end.
            if n % 100 == 50 {
                put(&mut file, &[&vec![1; 300_000][..], &RECORD_MARK[..5]].concat(), None);
            }
            // A length that reaches over the records behind it.
            if n % 100 == 70 {
                let mut spoilt = record(1, 9);
                spoilt[RECORD_MARK.len()..RECORD_HEAD].copy_from_slice(&u32::MAX.to_be_bytes());
                put(&mut file, &spoilt, None);
            }
        }
        expected.push((file.len() as u64, None, true));
        file.extend_from_slice(&record(16, 7)[..20_000]);
        assert!(file.len() > 10_000_000);
        assert_eq!(told(SealedReader::begin(&file[..]).unwrap().unwrap()), expected);
        assert_eq!(told(SealedReader::begin(Slowly(&file, 0)).unwrap().unwrap()), expected, "however it comes");
    }

    #[test]
    fn a_disk_that_fails_is_no_end_of_the_file() {
        struct Fails;
        impl Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(ErrorKind::Other.into())
            }
        }
        let file = [&sealed_head(&[3; 16])[..], &record(1, 7)].concat();
        let mut reader = SealedReader::begin(file.chain(Fails)).unwrap().unwrap();
        assert!(reader.next().is_err());
        assert!(SealedReader::begin(Fails).is_err());
    }
}
