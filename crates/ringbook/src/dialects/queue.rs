//! Asterisk's queues, by `res_config_curl`. `queue_members`: the members of a queue, a row each;
//! `queues`: the queue, for those who keep theirs in Ringbook.

use std::collections::HashSet;
use std::sync::Arc;

use directory::routing::{Mode, RingList, RingingPhone, Standing, standing};
use directory::{PhoneId, SkillId};

use super::list::{push_encoded, push_number};
use super::{Dialect, List, NoTemplate, Of, PLAIN, Question, ROWS, Ring};

/// Asterisk lists 500 members in 0.07 s, and 5,000 in 2 s, at each call.
const MOST: [usize; 2] = [500, usize::MAX];

/// What a name and a reason have at most: Asterisk cuts them anywhere. So it does with an interface, which
/// no template makes longer, and an id.
const FIELD_BYTES_MAX: usize = 79;

/// Where Asterisk looks at start which columns there are. Without `reason_paused` no reason arrives.
const COLUMNS: &str = "interface=Local%2Fcolumns&uniqueid=columns&membername=&penalty=0&paused=0\
    &reason_paused=&ringinuse=0\n";

/// How long the members of a queue without any ring.
const RING_TIME_S: u16 = 20;

/// `/pbx/asterisk/queue_members/multi`.
pub static MEMBERS: Dialect = Dialect {
    asks: |asked| asked.get("queue_name").map(|name| Question::of(Some(name))).ok_or(COLUMNS),
    encode: |ring, _| members(ring),
    ..PLAIN
};

/// `/pbx/asterisk/queue_members/require`: whether the columns suffice. They do.
pub static REQUIRE: Dialect = Dialect { form: ROWS, asks: |_| Err("0\n"), ..PLAIN };

/// `/pbx/asterisk/queues/single`.
pub static QUEUE: Dialect = Dialect {
    asks: |asked| {
        let name = asked.get("name").unwrap_or_default();
        Ok(Question { skill: name.clone(), repeated: name })
    },
    encode: |ring, name| Ok(queue(ring, name)),
    ..PLAIN
};

/// `/pbx/asterisk/queues/multi`: all queues. Each is asked for when somebody calls it.
pub static QUEUES: Dialect = Dialect { asks: |_| Err(""), ..PLAIN };

/// One line. A queue rings all its members for the same time: the longest.
fn queue(ring: &Ring<'_>, name: &str) -> List {
    let mut text = "name=".to_owned();
    push_encoded(&mut text, name);
    text.push_str(match ring.lists[0].mode {
        Mode::Serial => "&strategy=linear&timeout=",
        Mode::Parallel => "&strategy=ringall&timeout=",
    });
    let times_s = ring.lists.iter().flat_map(|list| &list.phones).map(|phone| phone.ring_time_s);
    push_number(&mut text, times_s.max().unwrap_or(RING_TIME_S));
    text.push_str("&retry=1\n");
    List { text, shown: 1, of: 1 }
}

/// Rows in ring order. Asterisk rings members in the order in which it first saw their ids, so all ids
/// change with the order; and phones that are paused or outside their hours are listed too, as they
/// would ring last when they come back.
fn members(ring: &Ring<'_>) -> Result<List, NoTemplate> {
    let rows = rows(ring);
    let of = rows.len() + ring.count() - ring.decision.phones.len();
    let mut list = List::new("", of);
    if rows.is_empty() {
        return Ok(list);
    }
    let [before, after] = ring.template(Of::AsteriskMember, push_encoded)?;
    let (before, after) = (format!("interface={before}"), after + "&uniqueid=p");
    let is_serial = ring.lists[0].mode == Mode::Serial;
    // Of all lists: another one whenever the order of one of them is.
    let mixed = |mixed: u64, list: &Arc<RingList>| mixed.wrapping_mul(31).wrapping_add(list.order);
    let order = is_serial.then(|| format!("-{}", ring.lists.iter().fold(0, mixed)));
    let order = order.unwrap_or_default();
    list.fill("", MOST, rows, |text, (skill, phone, pause)| {
        text.push_str(&before);
        push_encoded(text, phone.number.text().as_str());
        text.push_str(&after);
        push_number(text, phone.id.0);
        text.push_str("-s");
        push_number(text, skill.0);
        text.extend([&order, "&membername="]);
        push_encoded(text, cut(phone.name.as_str()));
        let Some(reason) = pause else {
            return text.push_str("&penalty=0&paused=0&reason_paused=&ringinuse=0\n");
        };
        text.push_str("&penalty=0&paused=1&reason_paused=");
        push_encoded(text, cut(reason));
        text.push_str("&ringinuse=0\n");
    });
    Ok(list)
}

/// A member of a skill, and why it is paused if it is.
type Row<'r> = (SkillId, &'r RingingPhone, Option<&'r str>);

/// The members of the skill, and those of its overflow that ring or may do so; each phone once.
fn rows<'r>(ring: &'r Ring<'_>) -> Vec<Row<'r>> {
    let mut ringing = ring.decision.phones.iter().copied().peekable();
    let has_overflow = ring.lists.len() > 1;
    let ids = ring.decision.phones.iter().filter(|_| has_overflow).map(|phone| phone.id);
    let mut taken: HashSet<_> = ids.collect();
    let mut rows = Vec::with_capacity(ring.decision.phones.len());
    // What follows a parallel skill rings instead of it, or not at all.
    let mut may_ring = true;
    for list in ring.lists {
        for phone in &list.phones {
            let rings = ringing.next_if(|next| std::ptr::eq(*next, phone)).is_some();
            if rings || (may_ring && (!has_overflow || taken.insert(phone.id))) {
                let pause = (!rings).then(|| match standing(phone, ring.at_us) {
                    Standing::Paused(pause) => &*pause.reason,
                    Standing::Rings | Standing::OutsideHours => "outside hours",
                });
                rows.push((list.skill, phone, pause));
            }
        }
        may_ring &= list.mode == Mode::Serial;
    }
    rows
}

/// The phone and the skill of a member's id, also of an earlier list.
pub fn read_id(id: &str) -> Option<(PhoneId, SkillId)> {
    let mut parts = id.split('-');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(FIELD_BYTES_MAX)]
}
