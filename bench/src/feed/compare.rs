//! What was written against what was seen: every change once, in order.

use super::reader::Seen;
use super::writer::Written;
use crate::load::Tally;

/// How long each change took, but for the first few; the account's newest one before them was
/// `newest`.
pub fn delays(
    written: &[Written],
    seen: &[Seen],
    newest: u64,
    warm_up: usize,
) -> Result<Tally, String> {
    for ((expected, written), Seen { change, .. }) in (newest + 1..).zip(written).zip(seen) {
        let number = change.after.as_ref().map_or("", |after| after.number.as_str());
        let is_right =
            change.id == expected && change.phone == written.phone && number == written.number;
        if !is_right {
            let Written { phone, number, .. } = written;
            return Err(format!("change {expected} is {phone} to {number}, but {change:?} came"));
        }
    }
    if seen.len() != written.len() {
        return Err(format!("{} changes came of {}", seen.len(), written.len()));
    }
    let mut tally = Tally::new();
    for (written, seen) in written.iter().zip(seen).skip(warm_up) {
        tally.record(seen.at.saturating_duration_since(written.begun));
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::reader::{After, Change};
    use super::*;

    fn written(begun: Instant, phones: [u32; 3]) -> Vec<Written> {
        let one =
            |phone| Written { begun, phone: format!("p{phone}"), number: format!("+{phone}") };
        phones.map(one).into()
    }

    fn seen(at: Instant, changes: &[(u64, u32)]) -> Vec<Seen> {
        let one = |&(id, phone): &(u64, u32)| {
            let after = Some(After { number: format!("+{phone}") });
            Seen { at, change: Change { id, phone: format!("p{phone}"), after } }
        };
        changes.iter().map(one).collect()
    }

    #[test]
    fn delays_are_counted_after_the_warm_up() {
        let begun = Instant::now();
        let seen = seen(begun + Duration::from_millis(5), &[(8, 1), (9, 2), (10, 1)]);
        let tally = delays(&written(begun, [1, 2, 1]), &seen, 7, 1).unwrap();
        assert_eq!(tally.count(), 2);
        assert!(tally.max() >= Duration::from_millis(5));
    }

    #[test]
    fn a_change_that_is_lost_or_too_many_or_elsewhere_is_an_error() {
        let now = Instant::now();
        let cases: [&[(u64, u32)]; 6] = [
            &[(8, 1), (9, 2)],
            &[(8, 1), (10, 3)],
            &[(8, 1), (8, 1), (9, 2), (10, 3)],
            &[(8, 1), (9, 2), (10, 3), (10, 3)],
            &[(9, 2), (8, 1), (10, 3)],
            &[(8, 2), (9, 1), (10, 3)],
        ];
        for case in cases {
            assert!(delays(&written(now, [1, 2, 3]), &seen(now, case), 7, 0).is_err(), "{case:?}");
        }
    }
}
