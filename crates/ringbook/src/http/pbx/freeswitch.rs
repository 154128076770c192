//! FreeSWITCH's `mod_xml_curl`, bound to `dialplan`.
//!
//! What is in `data` runs: FreeSWITCH expands `${…}` in it, whatever the XML escapes. So a number, the
//! administrator's template and our own words are all that gets there.

use super::prelude::*;

/// `MAX_PEERS` of FreeSWITCH, and the largest document that `mod_xml_curl` takes.
const LIMITS: Limits = Limits { entries: 128, bytes: 1024 * 1024 - END.len() };

const END: &str = "\"/><action application=\"respond\" data=\"480 Nobody answered\"/>\
    </condition></extension></context></section></document>";

/// The next binding is asked, and then the static dialplan.
const NOT_FOUND: &str = "<document type=\"freeswitch/xml\"><section name=\"result\">\
    <result status=\"not found\"/></section></document>";

/// What somebody hears who has to press 1, from FreeSWITCH's own sounds, and for how long.
const CONFIRM: &str = ",group_confirm_key=1,group_confirm_file=ivr/ivr-accept_reject.wav\
    ,group_confirm_timeout=15";
const CONFIRM_S: u32 = 15;

/// `/pbx/freeswitch`.
pub static FREESWITCH: Dialect = Dialect {
    name: "freeswitch",
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
        // In place of the bridge, and of what is said after it.
        list.text.push_str("respond\" data=\"480 Nobody to ring");
        list.text.push_str(END);
        return Ok(list);
    }
    let addresses = Addresses::by(ring.template(Of::Freeswitch)?, push_xml);
    let is_serial = ring.is_serial();
    // Otherwise the hunt would end after a minute.
    let legs = phones.iter().take(LIMITS.entries).map(|phone| Leg::of(phone, is_serial).time_s());
    let time_s = if is_serial { legs.sum::<u32>() } else { legs.max().unwrap_or_default() };
    list.text.push_str(
        "set\" data=\"hangup_after_bridge=true\"/><action application=\"set\" \
         data=\"continue_on_fail=true\"/><action application=\"set\" data=\"call_timeout=",
    );
    push_number(&mut list.text, time_s + 10);
    list.text.push_str("\"/><action application=\"bridge\" data=\"");
    list.fill(if is_serial { '|' } else { ',' }, phones, |text, phone| {
        Leg::of(phone, is_serial).push(text);
        addresses.push(text, phone.number.text().as_str());
    });
    list.text.push_str(END);
    Ok(list)
}

/// How a phone is called.
struct Leg {
    ring_time_s: u16,
    delay_s: u16,
    confirm: bool,
}

impl Leg {
    /// In serial mode a phone has waited for those before it.
    fn of(phone: &RingingPhone, is_serial: bool) -> Self {
        let delay_s = if is_serial { 0 } else { phone.delay_s };
        Self { ring_time_s: phone.ring_time_s, delay_s, confirm: phone.confirm }
    }

    fn time_s(&self) -> u32 {
        let confirm_s = if self.confirm { CONFIRM_S } else { 0 };
        u32::from(self.ring_time_s) + u32::from(self.delay_s) + confirm_s
    }

    fn push(&self, text: &mut String) {
        text.push_str("[leg_timeout=");
        push_number(text, self.ring_time_s);
        if self.delay_s > 0 {
            text.push_str(",leg_delay_start=");
            push_number(text, self.delay_s);
        }
        if self.confirm {
            text.push_str(CONFIRM);
        }
        text.push(']');
    }
}
