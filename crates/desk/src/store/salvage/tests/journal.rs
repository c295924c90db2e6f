//! Journals that were damaged, and those that an interrupted write left behind.

use super::*;

const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;
const FRAME: usize = FRAME_HEAD + PAGE;
const SECTOR: usize = 512;

#[tokio::test]
async fn a_damaged_journal_is_not_forgotten() {
    let saved = Saved::new(true).await;
    let (head, frame) = (HEAD, FRAME);
    let frames = (saved.len("store.db-wal") - head) / frame;
    assert!(frames > 100, "{frames}");
    let bytes = std::fs::read(saved.data.join("store.db-wal")).unwrap();
    let ends_one = |index: usize| bytes[head + index * frame + 4..][..4] != [0; 4];
    let last = (0..frames - 1).rev().find(|index| ends_one(*index)).unwrap();
    let mut worst = 0;
    for index in (0..frames).step_by(3).chain(last - 2..frames) {
        // Of its number, of its salt, of its sum, of its page.
        let at = head + index * frame + [1, 9, 17, 24 + 100, 24 + 4000][index % 5];
        let start = saved.spoilt("store.db-wal", |bytes| bytes[at] ^= 2).start(&saved).await;
        let gone = saved.said.len() - start.here.len();
        worst = worst.max(gone);
        assert!(gone == 0 || start.told.is_some() || index > last, "frame {index}: {gone} missing untold");
        // The last one is what a power cut leaves of a write that nobody was told is saved.
        assert!(start.told.is_some() || index > last, "frame {index} of {frames}");
        if let Some(told) = start.told {
            assert!(told.lost as usize <= gone && !told.lost_is_all, "{told:?}");
        }
    }
    assert!(worst <= 4, "{worst} lost by one frame");
    // The end of the last transaction but one: what stands behind it could be one that was interrupted.
    for at in 0..FRAME_HEAD {
        let start = saved.spoilt("store.db-wal", |bytes| bytes[head + last * frame + at] ^= 2).start(&saved).await;
        assert!(start.told.is_some(), "byte {at} of frame {last}");
    }
    for at in [0, 8, 16, 24] {
        let start = saved.spoilt("store.db-wal", |bytes| bytes[at] ^= 2).start(&saved).await;
        assert_eq!((start.here.len(), start.told.is_some()), (saved.said.len(), true), "byte {at} of its head");
    }
    // Whole, it is believed, and so is one that a write was cut off at.
    let start = saved.spoilt("store.db-wal", |_| {}).start(&saved).await;
    assert_eq!((start.here.len(), start.told), (saved.said.len(), None));
    let start = saved.spoilt("store.db-wal", |bytes| bytes.truncate(bytes.len() - 100)).start(&saved).await;
    assert_eq!((start.here.len(), start.told), (saved.said.len(), None), "drafts came last");
}

#[tokio::test]
async fn what_a_transaction_left_that_was_given_up_is_no_damage() {
    let saved = Saved::new(false).await;
    let spoilt = saved.spoilt("store.db", |_| {});
    let conn = spoilt.connect();
    // With little room in memory pages go to the journal before their end, and are written over there.
    conn.execute_batch("PRAGMA cache_size = 4; PRAGMA wal_autocheckpoint = 0;").unwrap();
    let mut copies = 0;
    for end in ["ROLLBACK", "COMMIT", "ROLLBACK", ""] {
        conn.execute_batch("BEGIN").unwrap();
        for turn in 0..3 {
            conn.execute("UPDATE submission SET updated_at = updated_at + ?1, role_text = role_text || '.'", [turn])
                .unwrap();
        }
        conn.execute_batch(end).unwrap();
        let copy = saved.spoilt("store.db", |_| {});
        for name in ["store.db", "store.db-wal"] {
            std::fs::copy(spoilt.data.join(name), copy.data.join(name)).unwrap();
        }
        assert!(copy.open().unwrap().read(recoveries).await.unwrap().is_empty(), "{end}");
        copies += std::fs::metadata(spoilt.data.join("store.db-wal")).unwrap().len() / (PAGE as u64 + 24);
    }
    assert!(copies > 100, "pages did go to the journal: {copies}");
}

/// The writes that make one journal out of an earlier one, in order: each frame's head, then its page.
struct Writes {
    before: Vec<u8>,
    after: Vec<u8>,
    /// Where each begins and ends.
    each: Vec<std::ops::Range<usize>>,
}

impl Writes {
    fn between(before: Vec<u8>, after: Vec<u8>) -> Self {
        let mut each = Vec::new();
        for frame in (HEAD..after.len()).step_by(FRAME) {
            if before.get(frame..frame + FRAME) != Some(&after[frame..frame + FRAME]) {
                each.extend([frame..frame + FRAME_HEAD, frame + FRAME_HEAD..frame + FRAME]);
            }
        }
        Self { before, after, each }
    }

    /// The journal when those of them were made for which `made` says so.
    fn made(&self, made: impl Fn(usize) -> bool) -> Vec<u8> {
        let mut journal = self.before.clone();
        for (_, range) in self.each.iter().enumerate().filter(|(index, _)| made(*index)) {
            journal.resize(journal.len().max(range.end), 0);
            journal[range.clone()].copy_from_slice(&self.after[range.clone()]);
        }
        journal
    }
}

/// A store on which transactions are made by hand, and its journal.
struct ByHand {
    spoilt: Spoilt,
    conn: Connection,
}

impl ByHand {
    fn of(saved: &Saved) -> Self {
        Self::on(saved.spoilt("store.db", |_| {}))
    }

    fn on(spoilt: Spoilt) -> Self {
        let conn = spoilt.connect();
        conn.execute_batch("PRAGMA wal_autocheckpoint = 0").unwrap();
        Self { spoilt, conn }
    }

    /// Changes so many submissions in one transaction.
    fn change(&self, many: u32) {
        let sql = "UPDATE submission SET updated_at = updated_at + 1
             WHERE key IN (SELECT key FROM submission ORDER BY rowid LIMIT ?1)";
        self.conn.execute(sql, [many]).unwrap();
    }

    fn journal(&self) -> Vec<u8> {
        std::fs::read(self.spoilt.data.join("store.db-wal")).unwrap()
    }

    /// A copy as a kill leaves it, with that journal.
    fn killed(&self, saved: &Saved, journal: &[u8]) -> Spoilt {
        let copy = saved.spoilt("store.db", |_| {});
        std::fs::copy(self.spoilt.data.join("store.db"), copy.data.join("store.db")).unwrap();
        std::fs::write(copy.data.join("store.db-wal"), journal).unwrap();
        copy
    }

    /// What the desk would say of that journal.
    fn forgets(&self, journal: &[u8]) -> bool {
        let path = self.spoilt.data.join("looked-at-wal");
        std::fs::write(&path, journal).unwrap();
        let key = key::existing(&self.spoilt.keys).unwrap().pages();
        journal_forgets(&self.spoilt.data.join("store.db"), &path, key).unwrap()
    }
}

/// Transactions that change the same pages in the same order, in two runs of the journal, and what lies behind the
/// second: frames of the first, page for page at the same place.
fn two_runs(saved: &Saved) -> ByHand {
    let by_hand = ByHand::of(saved);
    for _ in 0..6 {
        by_hand.change(MANY);
    }
    by_hand.conn.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
    by_hand.change(MANY);
    by_hand
}

#[tokio::test]
async fn a_write_that_was_interrupted_is_no_damage() {
    let saved = Saved::new(false).await;
    let first = two_runs(&saved);
    let before = first.journal();
    first.change(MANY);
    let writes = Writes::between(before, first.journal());
    let many = writes.each.len();
    assert!(many >= 6 && writes.each.last().unwrap().end < writes.before.len(), "{many} writes over older frames");
    for made in 0..=many {
        let journal = writes.made(|index| index < made);
        assert!(!first.forgets(&journal), "killed after {made} of {many}");
        // The next start goes on behind what is there, with a transaction that is shorter, and is killed in its turn.
        let again = ByHand::on(first.killed(&saved, &journal));
        for fewer in [1, MANY] {
            let before = again.journal();
            again.change(fewer);
            let writes = Writes::between(before, again.journal());
            assert!(!writes.each.is_empty());
            for second in 0..=writes.each.len() {
                let journal = writes.made(|index| index < second);
                assert!(!again.forgets(&journal), "killed after {made} of {many}, then after {second} of {fewer}");
            }
        }
        drop(again.conn);
        assert!(again.spoilt.open().unwrap().read(recoveries).await.unwrap().is_empty(), "after {made} of {many}");
    }
}

#[tokio::test]
async fn what_a_power_cut_left_of_a_write_is_no_damage_in_whatever_order_it_came_to_the_disk() {
    let saved = Saved::new(false).await;
    let by_hand = two_runs(&saved);
    let before = by_hand.journal();
    by_hand.change(8);
    let writes = Writes::between(before, by_hand.journal());
    let many = writes.each.len();
    assert!((4..=10).contains(&many), "{many} writes");
    for some in 0..1_u32 << many {
        let journal = writes.made(|index| some >> index & 1 == 1);
        assert!(!by_hand.forgets(&journal), "{some:b} of {many} writes came");
        // What it left lies behind what comes next.
        let again = ByHand::on(by_hand.killed(&saved, &journal));
        for rows in [1, 8] {
            again.change(rows);
            assert!(!again.forgets(&again.journal()), "{some:b} of {many}, then {rows}");
        }
    }
}

#[tokio::test]
async fn each_byte_of_a_frames_head_is_told_of_the_last_transaction_too() {
    let saved = Saved::new(false).await;
    let by_hand = two_runs(&saved);
    let start = by_hand.journal();
    by_hand.change(MANY);
    let (journal, writes) = (by_hand.journal(), Writes::between(start, by_hand.journal()));
    assert!(!by_hand.forgets(&journal));
    let heads: Vec<_> = writes.each.iter().step_by(2).cloned().collect();
    assert!(heads.len() >= 3);
    for head in &heads {
        let lies_across = head.start / SECTOR != (head.end - 1) / SECTOR;
        for at in head.clone() {
            for bit in [1, 0x80] {
                let mut spoilt = journal.clone();
                spoilt[at] ^= bit;
                // A number and an end by themselves may be those of an earlier frame.
                let is_known = !lies_across || at - head.start >= 8;
                assert!(by_hand.forgets(&spoilt) || !is_known, "byte {} of a head", at - head.start);
            }
        }
    }
    // What its number or its end was is known again, and nothing of it is lost.
    for at in [0, 4] {
        let mut spoilt = journal.clone();
        spoilt[heads.last().unwrap().start + at + 3] ^= 3;
        let start = by_hand.killed(&saved, &spoilt).open().unwrap();
        let sum = "SELECT sum(updated_at) FROM submission";
        let sum_here = start.read(move |conn| Ok(conn.query_row(sum, [], |row| row.get::<_, i64>(0))?)).await.unwrap();
        let sum: i64 = by_hand.conn.query_row(sum, [], |row| row.get(0)).unwrap();
        assert_eq!((start.read(recoveries).await.unwrap().len(), sum_here), (1, sum), "byte {at}");
    }
}

/// A journal whose second run lies over frames of other pages and other lengths of the first, `behind` frames and more
/// from its beginning.
fn over_other_frames(saved: &Saved, behind: usize) -> ByHand {
    let by_hand = ByHand::of(saved);
    for turn in 0..60 {
        by_hand.change([1, 8, 3, MANY][turn % 4]);
    }
    by_hand.conn.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
    by_hand.change(1);
    let salts = by_hand.journal()[16..24].to_vec();
    let of_this_run = || {
        let journal = by_hand.journal();
        (HEAD..journal.len() - FRAME).step_by(FRAME).take_while(|at| journal[at + 8..at + 16] == salts[..]).count()
    };
    while of_this_run() < behind {
        by_hand.change(1);
    }
    by_hand
}

#[tokio::test]
async fn what_a_power_cut_left_is_no_damage_whichever_sectors_came() {
    let saved = Saved::new(false).await;
    let mut across = 0;
    for behind in (38..42).chain(59..63) {
        let by_hand = over_other_frames(&saved, behind);
        let before = by_hand.journal();
        by_hand.change(20);
        let (after, whole) = (by_hand.journal(), Writes::between(before.clone(), by_hand.journal()));
        assert_eq!(before.len(), after.len(), "it lies over older frames");
        let (start, end) = (whole.each[0].start, whole.each.last().unwrap().end);
        across += whole.each.iter().step_by(2).filter(|head| head.start / SECTOR != (head.end - 1) / SECTOR).count();
        let sectors: Vec<usize> = (start / SECTOR..=(end - 1) / SECTOR).collect();
        let came = |came: &dyn Fn(usize) -> bool| {
            let mut journal = before.clone();
            for sector in sectors.iter().enumerate().filter_map(|(place, sector)| came(place).then_some(sector)) {
                let range = sector * SECTOR..(sector + 1) * SECTOR;
                let range = range.start..range.end.min(journal.len());
                journal[range.clone()].copy_from_slice(&after[range]);
            }
            journal
        };
        for one in 0..sectors.len() {
            assert!(!by_hand.forgets(&came(&|place| place != one)), "behind {behind}, all but sector {one}");
            assert!(!by_hand.forgets(&came(&|place| place == one)), "behind {behind}, only sector {one}");
            assert!(!by_hand.forgets(&came(&|place| place < one)), "behind {behind}, up to sector {one}");
            assert!(!by_hand.forgets(&came(&|place| place >= one)), "behind {behind}, from sector {one}");
        }
        for some in 1..40_u64 {
            let bits = |place: usize| (some.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (place % 61)) & 3 != 0;
            assert!(!by_hand.forgets(&came(&bits)), "behind {behind}, some sectors ({some})");
        }
    }
    assert!(across >= 4, "heads lie across sectors: {across}");
}

#[tokio::test]
async fn a_stretch_of_zeros_in_the_journal_is_told_unless_it_reaches_the_last_transaction_alone() {
    let saved = Saved::new(false).await;
    let by_hand = ByHand::of(&saved);
    for turn in 0..14 {
        by_hand.change([1, 8, 20][turn % 3]);
    }
    let journal = by_hand.journal();
    let frames = (journal.len() - HEAD) / FRAME;
    let ends = |frame: usize| journal[HEAD + frame * FRAME + 4..][..4] != [0; 4];
    let last_begins = HEAD + ((0..frames - 1).rev().find(|frame| ends(*frame)).unwrap() + 1) * FRAME;
    for block in [SECTOR, PAGE] {
        for at in (block..journal.len()).step_by(block) {
            let mut spoilt = journal.clone();
            let end = (at + block).min(spoilt.len());
            spoilt[at..end].fill(0);
            assert!(by_hand.forgets(&spoilt) || at >= last_begins, "{block} bytes at {at} of {last_begins}");
        }
    }
}
