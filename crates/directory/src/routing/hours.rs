//! Hours: when a skill or a phone takes calls.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use strsim::jaro_winkler;

use super::SettingFault;
use crate::escaped::Escaped;
use crate::limits::{HOURS_CHARACTERS_MAX, SIMILARITY_MIN};

/// When a skill or a phone takes calls, by the clock on the wall in its time zone. As text:
/// `Asia/Kolkata mon-fri 09:00-18:00, sat 10:00-14:00, 2026-12-25 closed, 2026-12-31 09:00-12:00`.
///
/// A span over midnight belongs to the day on which it begins. An exception replaces the spans that its
/// date has otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    text: Box<str>,
    zone: TimeZone,
    /// The spans of a day, none if it is closed.
    days: BTreeMap<Day, Vec<Span>>,
}

/// What spans belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Day {
    /// A day of the week, counted from Monday, which is 0.
    Weekly(i8),
    /// An exception.
    On(Date),
}

/// Minutes since midnight of the day on which it begins. The end may be after the next midnight.
type Span = Range<u16>;

const DAY_MINUTES: u16 = 24 * 60;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const EXAMPLE: &str = "Asia/Kolkata mon-fri 09:00-18:00, sat 10:00-14:00, 2026-12-25 closed";

impl Hours {
    /// Reads their text: a time zone by its name in the IANA database, and then days with their spans,
    /// several a day if need be. Days are `mon`, `mon-fri`, `sat-mon`, `mon,wed`, or dates for
    /// exceptions, which may be `closed`.
    pub fn parse(text: &str) -> Result<Self, SettingFault> {
        let separates = |it: char| matches!(it, ',' | ';') || it.is_whitespace();
        let mut words = text.split(separates).filter(|word| !word.is_empty());
        let zone = zone(words.next().unwrap_or_default())?;
        let mut written = zone.iana_name().unwrap_or_default().to_owned();
        let mut days = BTreeMap::<Day, Vec<Span>>::new();
        // The days that the next spans are for, each with its word.
        let (mut named, mut have_spans) = (Vec::new(), true);
        for word in words {
            if let Some(more) = named_days(word) {
                let is_first = named.is_empty();
                if std::mem::take(&mut have_spans) {
                    named.clear();
                    written += if is_first { " " } else { ", " };
                } else {
                    written += ",";
                }
                written += &word.to_ascii_lowercase();
                named.extend(more.into_iter().map(|day| (day, word)));
                continue;
            }
            let span = span(word);
            if span.is_none() && word != "closed" {
                return fault(format!(
                    "have \"{}\", which is neither a day, like mon or 2026-12-25, nor \"closed\", nor a \
                     span of time, like 09:00-18:00",
                    Escaped(word)
                ));
            }
            if named.is_empty() {
                return fault(format!("need days before \"{word}\", like {EXAMPLE}"));
            }
            have_spans = true;
            written += &span.as_ref().map_or(" closed".to_owned(), text_of);
            for (day, name) in &named {
                if days.get(day).is_some_and(|spans| spans.is_empty() != span.is_none()) {
                    return fault(format!("have {name} both closed and open"));
                }
                days.entry(*day).or_default().extend(span.clone());
            }
        }
        if let Some((_, name)) = named.last().filter(|_| !have_spans) {
            return fault(format!("need times after \"{name}\", like {EXAMPLE}"));
        }
        if days.values().all(Vec::is_empty) {
            return fault(format!("are never open: give days with times, like {EXAMPLE}"));
        }
        let characters = text.len().max(written.len());
        if characters > HOURS_CHARACTERS_MAX {
            return fault(format!(
                "have {characters} characters when they are written out, at most \
                 {HOURS_CHARACTERS_MAX} are allowed"
            ));
        }
        Ok(Self { text: written.into(), zone, days })
    }

    /// Whether they are open at this time, microseconds UTC.
    pub fn is_open(&self, at_us: i64) -> bool {
        let Ok(at) = Timestamp::from_microsecond(at_us) else { return false };
        let local = self.zone.to_datetime(at);
        let minute = minute_of(local.time());
        let is_open = |date, minute| self.spans(date).iter().any(|span| span.contains(&minute));
        let before = local.date().yesterday();
        is_open(local.date(), minute) || before.is_ok_and(|day| is_open(day, minute + DAY_MINUTES))
    }

    fn spans(&self, date: Date) -> &[Span] {
        let day = Day::Weekly(date.weekday().to_monday_zero_offset());
        self.days.get(&Day::On(date)).or_else(|| self.days.get(&day)).map_or(&[], Vec::as_slice)
    }
}

/// Writes the text that [`Hours::parse`] reads, with the days in the order in which they were given.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn fault<T>(text: String) -> Result<T, SettingFault> {
    Err(SettingFault(text))
}

/// The time zone of that name, in any case.
fn zone(name: &str) -> Result<TimeZone, SettingFault> {
    let all = TimeZoneDatabase::bundled();
    if let Ok(zone) = all.get(name) {
        return Ok(zone);
    }
    let city = |zone: &str| zone.rsplit('/').next().unwrap_or_default().to_lowercase();
    let similarity = |known: &str| jaro_winkler(&city(known), &city(name));
    let known = all.available().map(|known| (similarity(known.as_str()), known.to_string()));
    let alike = known.filter(|(similarity, _)| *similarity >= SIMILARITY_MIN);
    let hint = match alike.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((_, known)) => format!("did you mean {known}?"),
        None => format!("they begin with a name of the IANA database, like {EXAMPLE}"),
    };
    fault(format!("have no time zone \"{}\": {hint}", Escaped(name)))
}

/// The days of a word: a date, a day of the week, or a range of these.
fn named_days(word: &str) -> Option<Vec<Day>> {
    if let [_, _, _, _, b'-', _, _, b'-', _, _] = word.as_bytes() {
        return word.parse().ok().map(|date| vec![Day::On(date)]);
    }
    let day = |name: &str| (0_i8..7).zip(WEEKDAYS).find(|(_, day)| day.eq_ignore_ascii_case(name));
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let ((first, _), (last, _)) = (day(first)?, day(last)?);
    let count = (last - first).rem_euclid(7) + 1;
    Some((first..first + count).map(|day| Day::Weekly(day % 7)).collect())
}

/// The span of a word: `09:00-18:00`, or over midnight `22:00-06:00`.
fn span(word: &str) -> Option<Span> {
    let minute = |text: &str| match text.split_once(':')? {
        ("24", "00") => Some(DAY_MINUTES),
        (_, minutes) if minutes.len() == 2 => Time::strptime("%H:%M", text).ok().map(minute_of),
        _ => None,
    };
    let (begin, end) = word.split_once('-')?;
    let (begin, end) = (minute(begin)?, minute(end)?);
    let end = if end < begin { end + DAY_MINUTES } else { end };
    (begin < end && begin < DAY_MINUTES).then_some(begin..end)
}

/// A span as text, after a space.
fn text_of(span: &Span) -> String {
    let end = if span.end > DAY_MINUTES { span.end - DAY_MINUTES } else { span.end };
    let [begin, end] = [span.start, end].map(|minute| (minute / 60, minute % 60));
    format!(" {:02}:{:02}-{:02}:{:02}", begin.0, begin.1, end.0, end.1)
}

fn minute_of(time: Time) -> u16 {
    let [hour, minute] = [time.hour(), time.minute()].map(|it| u16::from(it.unsigned_abs()));
    hour * 60 + minute
}
