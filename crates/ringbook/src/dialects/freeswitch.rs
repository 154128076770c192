//! FreeSWITCH's `mod_xml_curl`, bound to `dialplan`.
//!
//! What is in `data` runs: FreeSWITCH expands `${…}` in it, whatever the XML escapes. So a number, the
//! administrator's template and our own words are all that gets there.

use axum::http::StatusCode;
use directory::routing::RingingPhone;

use super::list::{push_number, push_xml};
use super::{Asked, Dialect, Form, List, NoTemplate, Of, Question, Ring, TEXT};

/// `MAX_PEERS` of FreeSWITCH, and the largest document that `mod_xml_curl` takes.
const MOST: [usize; 2] = [128, 1024 * 1024 - 256];

/// The next binding is asked, and then the static dialplan.
const NOT_FOUND: &str = "<document type=\"freeswitch/xml\"><section name=\"result\">\
    <result status=\"not found\"/></section></document>";

/// What somebody hears who has to press 1, from FreeSWITCH's own sounds, and for how long.
const CONFIRM: &str = ",group_confirm_key=1,group_confirm_file=ivr/ivr-accept_reject.wav\
    ,group_confirm_timeout=15";
const CONFIRM_S: u32 = 15;

/// What a hunt may take beyond the times of its legs.
const MARGIN_S: u32 = 10;

/// `/pbx/freeswitch`.
pub static FREESWITCH: Dialect = Dialect {
    form: Form { content_type: "text/xml", ..TEXT },
    unknown: (StatusCode::OK, NOT_FOUND),
    asks,
    encode,
};

/// There is nothing but the dialplan, and no context whose name has special characters.
fn asks<'a>(asked: &Asked<'a>) -> Result<Question<'a>, &'static str> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b" -_.@:+".contains(&byte);
    let question = || {
        asked.get("section").filter(|section| section == "dialplan")?;
        let repeated = asked.get("Hunt-Context").filter(|it| it.bytes().all(is_name))?;
        Some(Question { skill: asked.get("Hunt-Destination-Number")?, repeated })
    };
    question().ok_or(NOT_FOUND)
}

/// An extension that always matches: it bridges to the phones that ring, and then says 480.
fn encode(ring: &Ring<'_>, context: &str) -> Result<List, NoTemplate> {
    let head = "<document type=\"freeswitch/xml\"><section name=\"dialplan\"><context name=\"";
    let mut list = List::new(head, ring.count());
    push_xml(&mut list.text, context);
    list.text.push_str("\"><extension name=\"ringbook\"><condition>");
    let phones = &ring.decision.phones;
    let said = if phones.is_empty() { "Nobody to ring" } else { "Nobody answered" };
    if !phones.is_empty() {
        bridge(&mut list, ring)?;
    }
    list.text.extend([
        "<action application=\"respond\" data=\"480 ",
        said,
        "\"/></condition></extension></context></section></document>",
    ]);
    Ok(list)
}

fn bridge(list: &mut List, ring: &Ring<'_>) -> Result<(), NoTemplate> {
    let [before, after] = ring.template(Of::Freeswitch, push_xml)?;
    let (is_serial, phones) = (ring.is_serial(), &ring.decision.phones);
    // In serial mode a phone has waited for those before it.
    let delay_s = |phone: &RingingPhone| if is_serial { 0 } else { phone.delay_s };
    let legs_s = phones.iter().take(MOST[0]).map(|phone| {
        let confirm_s = if phone.confirm { CONFIRM_S } else { 0 };
        u32::from(phone.ring_time_s) + u32::from(delay_s(phone)) + confirm_s
    });
    let time_s = if is_serial { legs_s.sum::<u32>() } else { legs_s.max().unwrap_or_default() };
    list.text.push_str(
        "<action application=\"set\" data=\"hangup_after_bridge=true\"/>\
         <action application=\"set\" data=\"continue_on_fail=true\"/>\
         <action application=\"set\" data=\"call_timeout=",
    );
    // Without it, the hunt would end after a minute.
    push_number(&mut list.text, time_s + MARGIN_S);
    list.text.push_str("\"/><action application=\"bridge\" data=\"");
    list.fill(if is_serial { "|" } else { "," }, MOST, phones, |text, phone| {
        text.push_str("[leg_timeout=");
        push_number(text, phone.ring_time_s);
        if delay_s(phone) > 0 {
            text.push_str(",leg_delay_start=");
            push_number(text, phone.delay_s);
        }
        text.extend([if phone.confirm { CONFIRM } else { "" }, "]"]);
        text.extend([&*before, phone.number.text().as_str(), &after]);
    });
    list.text.push_str("\"/>");
    Ok(())
}
