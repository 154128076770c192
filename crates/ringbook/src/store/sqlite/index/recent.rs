//! What the index says of the changes that the writer has put into the history, so that they need
//! not be read again.

use super::{Row, SLICE_CHANGES};

/// Rows that are kept at most: those of a slice, and of the commit that completes it. With more to
/// be put in, as while an import is under way, they are read.
const ROWS_MAX: usize = 8192;

/// What was written lately, in its order.
#[derive(Default)]
pub struct Recent {
    rows: Vec<Row>,
    /// How many of them were committed.
    committed: usize,
    /// A row that is in the index, as are those before it.
    indexed: i64,
}

impl Recent {
    /// Forgets what a transaction has written that was not committed.
    pub fn begin(&mut self) {
        self.rows.truncate(self.committed);
    }

    /// All that was written is committed.
    pub fn committed(&mut self) {
        self.committed = self.rows.len();
    }

    /// A row was written.
    pub fn push(&mut self, row: Row) {
        if self.rows.len() == ROWS_MAX {
            self.clear();
        }
        self.rows.push(row);
    }

    /// The index was seen to reach as far as this row.
    pub fn is_indexed_to(&mut self, row: i64) {
        self.indexed = row;
    }

    /// Whether less than a slice is missing in the index, as far as the rows tell that the
    /// transaction has written: their ids are the highest ones.
    pub fn is_less_than_a_slice(&self) -> bool {
        let last = self.rows[self.committed..].last();
        last.is_some_and(|row| row.change_id - self.indexed < SLICE_CHANGES)
    }

    /// Takes the rows of the slice that follows the row `from`, if all of them are here. A row of
    /// another process among them leaves a gap.
    pub fn take_slice(&mut self, from: i64) -> Option<Vec<Row>> {
        let old = self.rows.iter().take_while(|row| row.change_id <= from).count();
        self.rows.drain(..old);
        self.committed = self.committed.saturating_sub(old);
        let count = usize::try_from(SLICE_CHANGES).ok()?;
        let last = self.rows.get(count - 1)?;
        if last.change_id != from + SLICE_CHANGES {
            self.clear();
            return None;
        }
        self.committed = self.committed.saturating_sub(count);
        Some(self.rows.drain(..count).collect())
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(change_id: i64) -> Row {
        Row { account_id: 1, version: change_id, change_id, phone_id: None, skill_id: None }
    }

    fn recent(ids: impl Iterator<Item = i64>) -> Recent {
        let mut recent = Recent::default();
        ids.for_each(|id| recent.push(row(id)));
        recent.committed();
        recent
    }

    fn taken(recent: &mut Recent, from: i64) -> Option<Vec<i64>> {
        Some(recent.take_slice(from)?.iter().map(|row| row.change_id).collect())
    }

    #[test]
    fn a_whole_slice_is_taken_and_the_rest_is_kept() {
        let mut recent = recent(1..=SLICE_CHANGES + 10);
        assert_eq!(taken(&mut recent, 0), Some((1..=SLICE_CHANGES).collect()));
        assert_eq!(taken(&mut recent, SLICE_CHANGES), None);
        (SLICE_CHANGES + 11..=2 * SLICE_CHANGES).for_each(|id| recent.push(row(id)));
        let next = taken(&mut recent, SLICE_CHANGES);
        assert_eq!(next, Some((SLICE_CHANGES + 1..=2 * SLICE_CHANGES).collect()));
    }

    #[test]
    fn what_is_in_the_index_already_is_passed_over() {
        let mut recent = recent(1..=SLICE_CHANGES + 10);
        assert_eq!(taken(&mut recent, 7), Some((8..=SLICE_CHANGES + 7).collect()));
    }

    #[test]
    fn a_gap_and_what_was_there_before_are_left_to_the_database() {
        let ids = || (1..=SLICE_CHANGES + 10).filter(|id| *id != 500);
        assert_eq!(taken(&mut recent(ids()), 0), None);
        assert_eq!(taken(&mut recent(1..=SLICE_CHANGES + 10), -5), None);
    }

    #[test]
    fn what_was_rolled_back_is_forgotten_and_its_ids_come_again() {
        let mut recent = recent(1..=10);
        (11..=20).for_each(|id| recent.push(row(id)));
        recent.begin();
        (11..=SLICE_CHANGES).for_each(|id| recent.push(row(id)));
        assert_eq!(taken(&mut recent, 0), Some((1..=SLICE_CHANGES).collect()));
    }

    #[test]
    fn the_database_is_asked_only_where_a_slice_may_be_missing() {
        let mut recent = Recent::default();
        assert!(!recent.is_less_than_a_slice(), "nothing was written");
        recent.push(row(SLICE_CHANGES - 1));
        assert!(recent.is_less_than_a_slice());
        recent.push(row(SLICE_CHANGES));
        assert!(!recent.is_less_than_a_slice());
        recent.is_indexed_to(1);
        assert!(recent.is_less_than_a_slice());
        recent.committed();
        assert!(!recent.is_less_than_a_slice(), "others may have written since");
    }

    #[test]
    fn memory_is_bounded() {
        let recent = recent(1..=100_000);
        assert!(recent.rows.len() <= ROWS_MAX);
    }
}
