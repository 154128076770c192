//! `CURL()` in a dialplan of Asterisk: one line for `Dial()`, or in serial mode for `CUT()`.

use super::{Dialect, List, NOT_FOUND, NoTemplate, Of, PLAIN, Ring};

/// What `CURL()` in a variable takes.
const BYTES_MAX: usize = 4091;

/// There is nobody. Nothing at all means that it is not known.
const NOBODY: &str = "-";

/// `/pbx/asterisk/dial`.
pub static DIAL: Dialect =
    Dialect { unknown: (NOT_FOUND, NOBODY), encode: |ring, _| encode(ring), ..PLAIN };

/// Times are for the dialplan, and so are addresses without a template: in serial mode it takes the
/// numbers one by one.
fn encode(ring: &Ring<'_>) -> Result<List, NoTemplate> {
    let mut list = List::new("", ring.count());
    let phones = &ring.decision.phones;
    if phones.is_empty() {
        list.text.push_str(NOBODY);
        return Ok(list);
    }
    let [before, after] = match ring.template(Of::AsteriskDial, String::push_str) {
        Err(_) if ring.is_serial() => Default::default(),
        template => template?,
    };
    let separator = if ring.is_serial() { "," } else { "&" };
    list.fill(separator, [usize::MAX, BYTES_MAX], phones, |text, phone| {
        text.extend([&*before, phone.number.text().as_str(), &after]);
    });
    Ok(list)
}
