//! What is read from a disk: the directory's file, a second copy, a page of a damaged store, a cell of a spreadsheet.

use std::cell::OnceCell;
use std::io::Read;
use std::sync::LazyLock;

use aws_lc_rs::agreement::{PrivateKey, X25519};
use contract::{Piece, SealedReader, SealingKey, SealingSecret, sealed_pieces};
use gateway::fuzzing::Directory;
use tempfile::TempDir;

thread_local! {
    static DIRECTORY: OnceCell<(TempDir, Directory)> = const { OnceCell::new() };
}

/// The file a gateway's directory is filled from.
pub fn directory(bytes: &[u8]) -> bool {
    DIRECTORY.with(|cell| {
        let (_, directory) = cell.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let directory = Directory::new(folder.path()).expect("a directory of nobody");
            (folder, directory)
        });
        directory.take(bytes).is_ok_and(|records| records > 0)
    })
}

/// The gateway's key for second copies, of all that are in the corpus.
pub static SEALED_TO: LazyLock<SealingSecret> = LazyLock::new(|| {
    let secret = [7; 32];
    let private = PrivateKey::from_private_key(&X25519, &secret).expect("a key");
    let public = private.compute_public_key().expect("its public half");
    SealingSecret::new(&secret, SealingKey::from_bytes(public.as_ref().try_into().expect("of 32 bytes")))
});

/// A second copy: in one piece, and as a disk gives it, a few bytes at a time.
pub fn sealed(bytes: &[u8]) -> bool {
    let whole = sealed_pieces(bytes);
    let slowly = SealedReader::begin(Slowly(bytes)).expect("bytes in memory can be read");
    let (Some(whole), Some(mut slowly)) = (&whole, slowly) else {
        assert!(whole.is_none(), "taken for a second copy in one piece alone");
        return false;
    };
    let mut from = 0;
    for piece in whole {
        let (at, read) = slowly.next().expect("bytes in memory can be read").expect("as many pieces");
        assert!(at >= from && at <= bytes.len() as u64, "a piece outside of the file, or before the one before");
        from = at;
        assert_eq!(*piece, read, "read slowly, a file is another");
    }
    assert!(slowly.next().expect("bytes in memory can be read").is_none(), "more pieces when read slowly");
    whole.iter().filter(|piece| matches!(piece, Piece::Record(sealed) if SEALED_TO.open(sealed).is_some())).count() > 0
}

struct Slowly<'a>(&'a [u8]);

impl Read for Slowly<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let most = to.len().min(1 + self.0.len() % 977);
        self.0.read(&mut to[..most])
    }
}

/// A page of a damaged store, opened.
pub fn page(bytes: &[u8]) -> bool {
    let rows = desk::fuzzing::page(bytes);
    // A cell has two bytes that point at it.
    assert!(rows.len() * 2 <= bytes.len(), "more rows than have room");
    rows.iter().any(Option::is_some)
}

/// A cell of the audit's copy.
pub fn spreadsheet(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let cell = desk::fuzzing::cell(text);
    assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "a cell that is computed");
    assert!(cell.ends_with(text), "a cell without what it should say");
    cell != text
}
