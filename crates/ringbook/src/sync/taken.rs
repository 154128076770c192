//! Rows that give a phone a number or a name that belongs to another row.

use std::collections::HashMap;
use std::hash::Hash;

use directory::{Phone, PhoneId, PhoneName, PhoneNumber, Refusal};

use super::Current;
use super::file::Row;
use super::matching::{Matching, Meant};

/// Refuses them, and numbers that have lost their beginning, as it seems. Whether the phones that no row
/// is about have a number or a name, is for the target to tell.
pub fn refuse(current: &Current, rows: &[Row], matching: &mut Matching<'_>) {
    let phones = &current.phones;
    let (mut numbers, mut names) = (HashMap::new(), HashMap::new());
    for (index, row) in rows.iter().enumerate() {
        let own = match matching.meant[index] {
            Meant::Refused => continue,
            Meant::New => None,
            Meant::Phone(id) => phones.get(id).map(|phone| (id, phone)),
        };
        let mut whys = Vec::new();
        // What a phone has already is nobody else's.
        let is_new = |number: &PhoneNumber| own.is_none_or(|(_, phone)| phone.number != *number);
        if let Some(number) = row.number.filter(is_new) {
            let kept = phones.by_number(number).and_then(|(id, phone)| {
                matching.row_of(id).filter(|other| other.number_of(phone) == phone.number)
            });
            let line = kept.map(|row| row.line).or(earlier(&mut numbers, number, row.line));
            whys.extend(line.map(|line| format!("{number}: line {line} has it too")));
            let whole = whole(current, own, number).filter(|_| row.may_be_cut);
            whys.extend(
                whole.map(|(id, whole)| Refusal::NumberCut { number, whole, id }.to_string()),
            );
        }
        let is_new =
            |name: &&PhoneName| own.is_none_or(|(_, phone)| !phone.name.matches(name.as_str()));
        if let Some(name) = row.name.as_ref().filter(is_new) {
            let kept = phones.by_name(name.as_str()).and_then(|(id, phone)| {
                let keeps = |other: &&Row| other.name_of(phone).matches(phone.name.as_str());
                matching.row_of(id).filter(keeps)
            });
            let line = kept.map(|row| row.line).or(earlier(&mut names, name.folded(), row.line));
            whys.extend(line.map(|line| format!("\"{name}\": line {line} has it too")));
        }
        if !whys.is_empty() {
            matching.refuse(index, whys.join("; "));
        }
    }
}

/// The line that has this already, if one has; else it is this line.
fn earlier<K: Eq + Hash>(lines: &mut HashMap<K, u64>, key: K, line: u64) -> Option<u64> {
    let first = *lines.entry(key).or_insert(line);
    (first != line).then_some(first)
}

/// The number whose rest this one seems to be: a spreadsheet takes a `+` and zeros before a number for
/// those of a quantity. The phone itself has it, or another phone with a `+`.
fn whole(
    current: &Current,
    own: Option<(PhoneId, &Phone)>,
    number: PhoneNumber,
) -> Option<(PhoneId, PhoneNumber)> {
    let own = own.map(|(id, phone)| (id, phone.number));
    let other = || {
        let (id, phone) = current.phones.by_number(number.with_plus()?)?;
        Some((id, phone.number)).filter(|_| own.is_none_or(|(own, _)| own != id))
    };
    own.filter(|(_, own)| number.is_rest_of(*own)).or_else(other)
}
