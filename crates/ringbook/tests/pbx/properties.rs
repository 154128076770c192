//! Every encoder agrees with the decision, and nothing is read as an address that no phone has, whatever
//! people have written.

use std::sync::Arc;

use directory::routing::{Dialect as Of, Mode, Pause, RingList, RingingPhone, Template};
use directory::{AccountId, PhoneId, PhoneName, PhoneNumber, SkillId, SkillName};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use ringbook::dialects::{Asked, DIAL, Dialect, FREESWITCH, KAMAILIO, MEMBERS, PLAIN, QUEUE, Ring};

use crate::decode::{Dialplan, asterisk_uri, dial, freeswitch, kamailio, rows};

const AT_US: i64 = 1_795_867_200_000_000;

/// Parts of hostile texts.
const PARTS: [&str; 22] = [
    "${system(id)}",
    "$${base_dir}",
    "<X-PRE-PROCESS cmd=\"exec\" data=\"id\"/>",
    "\"",
    "'",
    "\\",
    "&",
    ",",
    "|",
    "[leg_timeout=1]",
    "{",
    "}",
    "^^",
    "%",
    "%0d%0a",
    "%2526",
    "हिन्दी",
    "a",
    "+",
    " ",
    "]]>",
    "PJSIP/1@x",
];

fn hostile() -> impl Strategy<Value = String> {
    vec(select(&PARTS[..]), 0..6).prop_map(|parts| parts.concat())
}

fn template(of: Of) -> impl Strategy<Value = Option<Arc<Template>>> {
    let valid = match of {
        Of::Kamailio => [
            "sip:{number}@sbc.example:5060",
            "sips:{number}@[::1];transport=tls",
            "sip:{number}@a.b;lr",
        ],
        Of::AsteriskDial => {
            ["PJSIP/{number}@trunk", "Local/{number}@hunt-out/n", "PJSIP/trunk/sip:{number}@h"]
        }
        Of::AsteriskMember => {
            ["Local/{number}@hunt-out/n", "PJSIP/{number}", "Local/x{number}@abc.def/n"]
        }
        Of::Freeswitch => {
            ["sofia/gateway/trunk/{number}", "user/{number}@domain", "sofia/ext/{number}%h;x=y"]
        }
    };
    let hostile =
        (hostile(), hostile()).prop_map(|(before, after)| format!("{before}{{number}}{after}"));
    let text = prop_oneof![4 => select(valid.to_vec()).prop_map(str::to_owned), 1 => hostile];
    // What is refused cannot be set.
    text.prop_map(move |text| Template::parse(of, &text).ok().map(Arc::new))
}

prop_compose! {
    fn phone()(
        (id, number, name) in (1..40_u32, "[+]?[0-9]{3,16}", "[A-Za-z0-9][A-Za-z0-9.@_-]{0,48}[A-Za-z0-9]"),
        (ring_time_s, delay_s, confirm) in (1..=600_u16, 0..=600_u16, any::<bool>()),
        reason in option::of(hostile()),
    ) -> RingingPhone {
        let pause = reason.map(|reason| reason.chars().take(80).collect());
        RingingPhone {
            id: PhoneId(id),
            number: PhoneNumber::parse(&number).unwrap(),
            name: PhoneName::parse(&name).unwrap(),
            pause: pause.map(|reason| Arc::new(Pause { until_us: None, reason })),
            ring_time_s, delay_s, confirm, hours: None,
        }
    }
}

prop_compose! {
    fn list()(
        (skill, name, order) in (1..5_u32, hostile(), any::<u64>()),
        is_serial in any::<bool>(),
        templates in Of::ALL.map(template),
        mut phones in vec(phone(), 0..40),
    ) -> Arc<RingList> {
        let mut seen = std::collections::HashSet::new();
        phones.retain(|phone| seen.insert(phone.id));
        let phone_count = phones.len();
        Arc::new(RingList {
            account: AccountId(1), version: 7, order, overflow: None, hours: None, phone_count, templates,
            skill: SkillId(skill),
            name: SkillName::parse(&name).unwrap_or_else(|_| SkillName::parse("Sales").unwrap()),
            mode: if is_serial { Mode::Serial } else { Mode::Parallel },
            phones: phones.into(),
        })
    }
}

/// What a dialect answers to a form; none if it lacks a template.
fn answer(dialect: &Dialect, ring: &Ring<'_>, form: &str) -> Option<String> {
    let asked = Asked { query: "", form };
    match (dialect.asks)(&asked) {
        Ok(question) => (dialect.encode)(ring, &question.repeated).ok().map(|list| list.text),
        Err(text) => Some(text.to_owned()),
    }
}

proptest! {
    #[test]
    fn encoders_agree_with_the_decision(lists in vec(list(), 1..4), skill in hostile(), caller in hostile(), context in prop_oneof![hostile(), Just("hunt".to_owned())]) {
        let ring = Ring::at(&lists, AT_US);
        let (list, phones) = (ring.decision.list, &ring.decision.phones);
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (name, skill, caller) = (&skill, encoded(&skill), encoded(&caller));
        let form = format!("from={caller}&{caller}&skill={skill}&queue_name={skill}&name={skill}&section=dialplan\
            &Hunt-Caller-ID-Name={caller}&Hunt-Destination-Number={skill}&Hunt-Context={}", encoded(&context));
        let numbers: Vec<_> = phones.iter().map(|phone| phone.number.to_string()).collect();
        let addresses = |of: Of| {
            let template = list.template(of)?;
            Some(numbers.iter().map(|number| template.as_str().replace("{number}", number)).collect::<Vec<_>>())
        };
        let is_serial = list.mode == Mode::Serial;

        let plain = answer(&PLAIN, &ring, &form).unwrap();
        prop_assert_eq!(plain.lines().collect::<Vec<_>>(), numbers.iter().map(String::as_str).collect::<Vec<_>>());

        let expected = addresses(Of::Kamailio).filter(|_| !phones.is_empty());
        let told = answer(&KAMAILIO, &ring, &form);
        prop_assert_eq!(told.is_some(), expected.is_some() || phones.is_empty());
        if let Some((mode, routes)) = told.map(|told| kamailio(&told)) {
            prop_assert_eq!(mode, list.mode.as_str());
            let expected = expected.unwrap_or_default();
            prop_assert_eq!(routes.len(), expected.len().min(12));
            for ((route, uri), phone) in routes.iter().zip(&expected).zip(phones) {
                prop_assert_eq!(&route.uri, uri);
                prop_assert!(uri.ends_with(route.dst_uri.split_once(':').unwrap().1));
                prop_assert_eq!(route.timer_ms, is_serial.then_some(u64::from(phone.ring_time_s) * 1000));
            }
        }

        let expected = addresses(Of::AsteriskDial).or(is_serial.then(|| numbers.clone()));
        let expected = if phones.is_empty() { Some(Vec::new()) } else { expected };
        prop_assert_eq!(answer(&DIAL, &ring, &form).map(|told| dial(&told).unwrap()), expected);

        if let Some(told) = answer(&MEMBERS, &ring, &form) {
            let rows = rows(&told);
            let called = rows.iter().filter(|row| row["paused"] == "0");
            let called: Vec<_> = called.map(|row| row["interface"].clone()).collect();
            prop_assert_eq!(called, addresses(Of::AsteriskMember).unwrap_or_default());
            for row in &rows {
                let of = lists.iter().flat_map(|list| list.phones.iter().map(move |phone| (list, phone)));
                let mut of = of.filter(|(list, phone)| row["uniqueid"].starts_with(&format!("{}-{}", phone.id, list.skill)));
                prop_assert!(of.any(|(_, phone)| {
                    let reason = phone.pause.as_ref().map_or("", |pause| &*pause.reason);
                    row["membername"] == phone.name.as_str() && reason.starts_with(&row["reason_paused"])
                }), "{:?}", row);
            }
        } else {
            prop_assert!(list.template(Of::AsteriskMember).is_none());
        }
        let queue = answer(&QUEUE, &ring, &form).unwrap();
        prop_assert!(queue.lines().count() == 1 && queue.contains("&strategy="), "{}", queue);
        let (told, _) = queue.strip_prefix("name=").unwrap().split_once('&').unwrap();
        prop_assert_eq!(&asterisk_uri(told), name);

        let told = answer(&FREESWITCH, &ring, &form);
        match told.as_ref().map(|told| freeswitch(told, &context)) {
            None => prop_assert!(list.template(Of::Freeswitch).is_none() && !phones.is_empty()),
            Some(Dialplan::NotFound) => prop_assert!(context != "hunt"),
            Some(Dialplan::Respond(said)) => {
                prop_assert!(phones.is_empty() && said.starts_with("480 "));
            }
            Some(Dialplan::Bridge(groups)) => {
                prop_assert!(groups.len() == 1 || is_serial);
                let legs: Vec<_> = groups.into_iter().flatten().collect();
                let expected = addresses(Of::Freeswitch).unwrap();
                prop_assert_eq!(legs.iter().map(|(_, address)| address.clone()).collect::<Vec<_>>(), &expected[..expected.len().min(128)]);
                for ((variables, _), phone) in legs.iter().zip(phones) {
                    prop_assert_eq!(&variables["leg_timeout"], &phone.ring_time_s.to_string());
                    let delay = (!is_serial && phone.delay_s > 0).then(|| phone.delay_s.to_string());
                    prop_assert_eq!(variables.get("leg_delay_start"), delay.as_ref());
                    prop_assert_eq!(variables.contains_key("group_confirm_key"), phone.confirm);
                }
                // In serial mode nobody waits, and in parallel nobody waits for another one.
                let times_s = phones.iter().take(128).map(|phone| {
                    let delay_s = if is_serial { 0 } else { phone.delay_s };
                    u32::from(phone.ring_time_s + delay_s) + if phone.confirm { 15 } else { 0 }
                });
                let time_s = if is_serial { times_s.sum::<u32>() } else { times_s.max().unwrap() };
                let limit = format!("call_timeout={}\"", time_s + 10);
                prop_assert!(told.unwrap().contains(&limit));
            }
        }
    }
}
