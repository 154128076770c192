//! Kamailio's module `rtjson`: one line of JSON.

use super::asked::decoded;
use super::list::push_number;
use super::{Dialect, Form, List, NoTemplate, Of, PLAIN, Question, Ring, TEXT};
use crate::json;

const END: &str = "]}";

/// `max_branches`, and `pv_buffer_size` for the document, by default.
const MOST: [usize; 2] = [12, 8191 - END.len()];

/// `/pbx/kamailio/route`. `user` is the user of a SIP URI, which is escaped by itself.
pub static KAMAILIO: Dialect = Dialect {
    form: Form { content_type: "application/json", ..TEXT },
    asks: |asked| {
        let user = || asked.get("user").map(|user| decoded(&user).into_owned().into());
        Ok(Question::of(asked.get("skill").or_else(user)))
    },
    encode: |ring, _| encode(ring),
    ..PLAIN
};

/// Timers count in serial mode alone. There is no delay, and nobody is asked to press 1.
fn encode(ring: &Ring<'_>) -> Result<List, NoTemplate> {
    let (is_serial, phones) = (ring.is_serial(), &ring.decision.phones);
    let mut list = List::new("{\"version\":\"1.0\",\"routing\":\"", ring.count());
    list.text.extend([ring.decision.list.mode.as_str(), "\",\"routes\":["]);
    if !phones.is_empty() {
        let [before, after] = ring.template(Of::Kamailio, json::write_text)?;
        let host = after.rsplit_once('@').map(|(_, host)| host);
        list.fill(",", MOST, phones, |text, phone| {
            text.extend(["{\"uri\":\"", &before, phone.number.text().as_str(), &after]);
            if let Some(host) = host {
                text.extend(["\",\"dst_uri\":\"", &before, host]);
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
