//! `dial`: one line for `Dial()`, or in serial mode for `CUT()`.

use crate::http::pbx::prelude::*;

/// What `CURL()` in a variable takes.
const LIMITS: Limits = Limits { bytes: 4091, ..Limits::NONE };

/// There is nobody. Nothing at all means that it is not known.
const NOBODY: &str = "-";

/// `/pbx/asterisk/dial`.
pub static DIAL: Dialect = Dialect {
    form: super::FORM,
    unknown: (StatusCode::NOT_FOUND, NOBODY),
    asks: |asked| Asks::Skill(asked.get("skill").unwrap_or_default()),
    encode,
};

/// Times are for the dialplan, and so are addresses without a template: in serial mode it takes the
/// numbers one by one.
fn encode(ring: &Ring<'_>, _: &Asked) -> Result<List, NoTemplate> {
    let mut list = List::new("", ring.count(), LIMITS, 32);
    if ring.decision.phones.is_empty() {
        list.text.push_str(NOBODY);
        return Ok(list);
    }
    let is_serial = ring.is_serial();
    let addresses = match ring.template(Of::AsteriskDial) {
        Ok(template) => Some(Addresses::by(template, String::push_str)),
        Err(missing) if !is_serial => return Err(missing),
        Err(_) => None,
    };
    list.fill(if is_serial { "," } else { "&" }, &ring.decision.phones, |text, phone| {
        let number = phone.number.text();
        match &addresses {
            Some(addresses) => addresses.push(text, number.as_str()),
            None => text.push_str(number.as_str()),
        }
    });
    Ok(list)
}
