//! Reading hours.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use strsim::jaro_winkler;

use super::{DAY_MINUTES, Day, Hours, Span, WEEKDAYS};
use crate::escaped::Escaped;
use crate::limits::{HOURS_CHARACTERS_MAX, SIMILARITY_MIN};
use crate::routing::SettingFault;

const EXAMPLE: &str = "Asia/Kolkata mon-fri 09:00-18:00, sat 10:00-14:00, 2026-12-25 closed";

type Parsed<T> = Result<T, SettingFault>;

impl Hours {
    /// Reads their text: a time zone by its name in the IANA database, and then days with their spans,
    /// several a day if need be. Days are `mon`, `mon-fri`, `sat-mon`, `mon,wed`, or dates for
    /// exceptions, which may be `closed`.
    pub fn parse(text: &str) -> Parsed<Self> {
        let separates = |character: char| character == ',' || character.is_whitespace();
        let mut words = text.split(separates).filter(|word| !word.is_empty());
        let zone = zone(words.next().unwrap_or_default())?;
        let (mut days, mut closed) = (BTreeMap::<_, Vec<_>>::new(), BTreeSet::new());
        // The days that the next spans are for.
        let (mut named, mut have_spans) = (Vec::new(), true);
        for word in words {
            if let Some(more) = named_days(word) {
                if std::mem::take(&mut have_spans) {
                    named.clear();
                }
                named.extend(more);
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
            match span {
                Some(span) => named.iter().for_each(|day| days.entry(*day).or_default().push(span)),
                None => closed.extend(named.iter().copied()),
            }
        }
        if !have_spans {
            return fault(format!("need times after \"{}\", like {EXAMPLE}", named[0]));
        }
        check(&mut days, &closed)?;
        let exceptions = closed.into_iter().filter(|day| matches!(day, Day::On(_)));
        days.extend(exceptions.map(|day| (day, Vec::new())));
        let hours = Self { zone, days };
        let characters = text.len().max(hours.to_string().len());
        if characters > HOURS_CHARACTERS_MAX {
            return fault(format!(
                "have {characters} characters when they are written out, at most \
                 {HOURS_CHARACTERS_MAX} are allowed"
            ));
        }
        Ok(hours)
    }
}

fn fault<T>(text: String) -> Parsed<T> {
    Err(SettingFault(text))
}

/// The time zone of that name, in any case.
fn zone(name: &str) -> Parsed<TimeZone> {
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
        return word.parse().ok().map(|date: Date| vec![Day::On(date)]);
    }
    let day = |name: &str| {
        let known = WEEKDAYS.iter().position(|day| day.eq_ignore_ascii_case(name))?;
        i8::try_from(known).ok()
    };
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (day(first)?, day(last)?);
    let count = (last - first).rem_euclid(7) + 1;
    Some((first..first + count).map(|day| Day::Weekly(day % 7)).collect())
}

/// The span of a word: `09:00-18:00`.
fn span(word: &str) -> Option<Span> {
    let (begin, end) = word.split_once('-')?;
    let (begin, end) = (minute(begin)?, minute(end)?);
    let end = if end < begin { end + DAY_MINUTES } else { end };
    (begin < end && begin < DAY_MINUTES).then_some(Span { begin, end })
}

/// The minutes of `09:00`, up to `24:00`.
fn minute(time: &str) -> Option<u16> {
    let (hour, minute) = time.split_once(':')?;
    let is_written = (1..=2).contains(&hour.len()) && minute.len() == 2;
    let is_number = hour.bytes().chain(minute.bytes()).all(|byte| byte.is_ascii_digit());
    if !is_written || !is_number {
        return None;
    }
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    Some(hour * 60 + minute).filter(|at| minute < 60 && *at <= DAY_MINUTES)
}

/// Sorts the spans. Refuses those that overlap, and hours that are never open.
fn check(days: &mut BTreeMap<Day, Vec<Span>>, closed: &BTreeSet<Day>) -> Parsed<()> {
    if days.is_empty() {
        return fault(format!("are never open: give days with times, like {EXAMPLE}"));
    }
    if let Some(day) = closed.iter().find(|day| days.contains_key(day)) {
        return fault(format!("have {day} both closed and open"));
    }
    for spans in days.values_mut() {
        spans.sort_unstable();
    }
    for (day, spans) in &*days {
        if let Some([one, next]) = spans.array_windows().find(|[one, next]| one.end > next.begin) {
            return fault(format!("overlap: {day} {one} and {next}"));
        }
        let Day::Weekly(number) = day else { continue };
        let next = Day::Weekly((number + 1) % 7);
        let (last, first) = (spans[spans.len() - 1], days.get(&next).map(|spans| spans[0]));
        if let Some(first) = first.filter(|first| last.end > first.begin + DAY_MINUTES) {
            return fault(format!("overlap: {day} {last} and {next} {first}"));
        }
    }
    Ok(())
}
