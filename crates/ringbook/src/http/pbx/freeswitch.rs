//! FreeSWITCH's `mod_xml_curl`, bound to `dialplan`.
//!
//! What is in `data` runs: FreeSWITCH expands `${…}` in it, whatever the XML escapes. So a number, the
//! administrator's template and our own words are all that gets there.

use super::prelude::*;

/// `MAX_PEERS` of FreeSWITCH, and the largest document that `mod_xml_curl` takes.
const LIMITS: Limits = Limits { entries: 128, bytes: 1024 * 1024 - 256 };

const END: &str = "\"/></condition></extension></context></section></document>";

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
    form: Form { content_type: "text/xml", failed: "" },
    unknown: (StatusCode::OK, NOT_FOUND),
    asks,
    encode,
};

/// There is nothing but the dialplan, and no context whose name has special characters.
fn asks(asked: &Asked) -> Asks<'_> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b" -_.@:+".contains(&byte);
    let is_asked = asked.get("section").is_some_and(|section| section == "dialplan")
        && asked.get("Hunt-Context").is_some_and(|context| context.bytes().all(is_name));
    match asked.get("Hunt-Destination-Number").filter(|_| is_asked) {
        Some(skill) => Asks::Skill(skill),
        None => Asks::Fixed(NOT_FOUND),
    }
}

/// An extension that always matches: it bridges to the phones that ring, and then says 480.
fn encode(ring: &Ring<'_>, asked: &Asked) -> Result<List, NoTemplate> {
    let head = "<document type=\"freeswitch/xml\"><section name=\"dialplan\"><context name=\"";
    let mut list = List::new(head, ring.count(), LIMITS, 128);
    push_xml(&mut list.text, &asked.get("Hunt-Context").unwrap_or_default());
    list.text.push_str("\"><extension name=\"ringbook\"><condition><action application=\"");
    let phones = &ring.decision.phones;
    if phones.is_empty() {
        list.text.push_str("respond\" data=\"480 Nobody to ring");
        list.text.push_str(END);
        return Ok(list);
    }
    let addresses = Addresses::by(ring.template(Of::Freeswitch)?, push_xml);
    let is_serial = ring.is_serial();
    // In serial mode a phone has waited for those before it.
    let delay_s = |phone: &RingingPhone| if is_serial { 0 } else { phone.delay_s };
    let legs_s = phones.iter().take(LIMITS.entries).map(|phone| {
        let confirm_s = if phone.confirm { CONFIRM_S } else { 0 };
        u32::from(phone.ring_time_s) + u32::from(delay_s(phone)) + confirm_s
    });
    let time_s = if is_serial { legs_s.sum::<u32>() } else { legs_s.max().unwrap_or_default() };
    list.text.push_str(
        "set\" data=\"hangup_after_bridge=true\"/><action application=\"set\" \
         data=\"continue_on_fail=true\"/><action application=\"set\" data=\"call_timeout=",
    );
    // Without it, the hunt would end after a minute.
    push_number(&mut list.text, time_s + MARGIN_S);
    list.text.push_str("\"/><action application=\"bridge\" data=\"");
    list.fill(if is_serial { "|" } else { "," }, phones, |text, phone| {
        text.push_str("[leg_timeout=");
        push_number(text, phone.ring_time_s);
        if delay_s(phone) > 0 {
            text.push_str(",leg_delay_start=");
            push_number(text, phone.delay_s);
        }
        text.push_str(if phone.confirm { CONFIRM } else { "" });
        text.push(']');
        addresses.push(text, phone.number.text().as_str());
    });
    list.text.push_str("\"/><action application=\"respond\" data=\"480 Nobody answered");
    list.text.push_str(END);
    Ok(list)
}
