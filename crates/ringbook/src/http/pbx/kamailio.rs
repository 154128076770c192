//! Kamailio's module `rtjson`: one line of JSON.

use super::asked::decoded;
use super::prelude::*;
use crate::json;

const END: &str = "]}";

/// `max_branches`, and `pv_buffer_size` for the document, by default.
const LIMITS: Limits = Limits { entries: 12, bytes: 8191 - END.len() };

/// `/pbx/kamailio/route`.
pub static KAMAILIO: Dialect = Dialect {
    form: Form { content_type: "application/json", failed: "" },
    unknown: (StatusCode::NOT_FOUND, ""),
    asks,
    encode,
};

/// `user` is the user of a SIP URI, which is escaped by itself.
fn asks(asked: &Asked) -> Asks<'_> {
    let user = || asked.get("user").map(|user| decoded(&user).into_owned().into());
    Asks::Skill(asked.get("skill").or_else(user).unwrap_or_default())
}

/// Timers count in serial mode alone. There is no delay, and nobody is asked to press 1.
fn encode(ring: &Ring<'_>, _: &Asked) -> Result<List, NoTemplate> {
    let is_serial = ring.is_serial();
    let mode = if is_serial { Mode::Serial } else { Mode::Parallel };
    let mut list = List::new("{\"version\":\"1.0\",\"routing\":\"", ring.count(), LIMITS, 128);
    list.text.push_str(mode.as_str());
    list.text.push_str("\",\"routes\":[");
    if !ring.decision.phones.is_empty() {
        let addresses = Addresses::by(ring.template(Of::Kamailio)?, json::write_text);
        let host = addresses.after.rsplit_once('@').map(|(_, host)| host);
        list.fill(",", &ring.decision.phones, |text, phone| {
            text.push_str("{\"uri\":\"");
            addresses.push(text, phone.number.text().as_str());
            if let Some(host) = host {
                text.push_str("\",\"dst_uri\":\"");
                text.push_str(&addresses.before);
                text.push_str(host);
            }
            text.push('"');
            if is_serial {
                text.push_str(",\"fr_inv_timer\":");
                push_number(text, u32::from(phone.ring_time_s) * 1000);
            }
            text.push('}');
        });
    }
    list.text.push_str(END);
    Ok(list)
}
