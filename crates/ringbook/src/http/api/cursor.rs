//! Cursors: where the next page of a list begins, as an opaque text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::{PhoneId, PhoneSort};

use crate::service::SortKey;

/// What a list is sorted by, and whether in descending order.
pub type Order = (PhoneSort, bool);

/// A position in a list of that order, as a cursor.
pub fn write(order: Order, key: &SortKey) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}{}:{}", letter(order), key.1.0, key.0))
}

/// The position that a cursor names. Without an order, it is not compared with the cursor's.
pub fn read(order: Option<Order>, cursor: &str) -> Result<SortKey, &'static str> {
    const UNREADABLE: &str = "cannot be read";
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or(UNREADABLE)?;
    let (id, key) = text.split_once(':').ok_or(UNREADABLE)?;
    let (first, id) = id.split_at_checked(1).ok_or(UNREADABLE)?;
    let key = SortKey(key.to_owned(), PhoneId(id.parse().map_err(|_| UNREADABLE)?));
    if order.is_some_and(|order| letter(order) != first) {
        return Err("is of a list that is sorted otherwise");
    }
    Ok(key)
}

fn letter((sort, is_descending): Order) -> &'static str {
    match (sort, is_descending) {
        (PhoneSort::Created, false) => "c",
        (PhoneSort::Created, true) => "C",
        (PhoneSort::Number, false) => "n",
        (PhoneSort::Number, true) => "N",
        (PhoneSort::Name, false) => "a",
        (PhoneSort::Name, true) => "A",
    }
}
