//! Reading hours.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use strsim::jaro_winkler;

use super::{DAY_MINUTES, Day, Hours, Span, WEEKDAYS};
use crate::escaped::Escaped;
use crate::limits::{HOURS_CHARACTERS_MAX, HOURS_EXCEPTIONS_MAX, SIMILARITY_MIN};
use crate::routing::SettingFault;

const EXAMPLE: &str = "Asia/Kolkata mon-fri 09:00-18:00, sat 10:00-14:00, 2026-12-25 closed";

type Parsed<T> = Result<T, SettingFault>;

impl Hours {
    /// Reads their text: a time zone by its name in the IANA database, and then days with their spans,
    /// several a day if need be. Days are `mon`, `mon-fri`, `sat-mon`, `mon,wed`, or dates for
    /// exceptions, which may be `closed`.
    pub fn parse(text: &str) -> Parsed<Self> {
        let characters = text.chars().count();
        if characters > HOURS_CHARACTERS_MAX {
            return fault(format!(
                "have {characters} characters, at most {HOURS_CHARACTERS_MAX} are allowed"
            ));
        }
        let separates = |character: char| character == ',' || character.is_whitespace();
        let mut words = text.split(separates).filter(|word| !word.is_empty());
        let zone = zone(words.next().unwrap_or_default())?;
        let mut days = BTreeMap::new();
        // The days that the next times are for.
        let (mut named, mut have_times) = (Vec::new(), true);
        for word in words {
            match times(word)? {
                Some(_) if named.is_empty() => {
                    return fault(format!(
                        "need days before \"{}\", like {EXAMPLE}",
                        Escaped(word)
                    ));
                }
                Some(spans) => {
                    have_times = true;
                    named.iter().try_for_each(|day| add(&mut days, *day, &spans))?;
                }
                None => {
                    if std::mem::take(&mut have_times) {
                        named.clear();
                    }
                    named.extend(named_days(word)?);
                }
            }
        }
        if !have_times {
            return fault(format!("need times after \"{}\", like {EXAMPLE}", named[0]));
        }
        check(&mut days)?;
        Ok(Self { zone, days })
    }
}

fn fault<T>(text: String) -> Parsed<T> {
    Err(SettingFault(text))
}

/// The time zone of that name, in any case.
fn zone(name: &str) -> Parsed<TimeZone> {
    let all = TimeZoneDatabase::bundled();
    if let Ok(zone) = all.get(name)
        && zone.iana_name().is_some()
    {
        return Ok(zone);
    }
    let folded = name.to_lowercase();
    // Many know the city alone.
    let similarity = |known: &str| {
        let known = known.to_lowercase();
        let city = known.rsplit('/').next().unwrap_or_default();
        jaro_winkler(&known, &folded).max(jaro_winkler(city, &folded))
    };
    let known = all.available().map(|known| (similarity(known.as_str()), known.to_string()));
    let alike = known.filter(|(similarity, _)| *similarity >= SIMILARITY_MIN);
    let hint = match alike.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((_, known)) => format!("did you mean {known}?"),
        None => format!("they begin with a name of the IANA database, like {EXAMPLE}"),
    };
    fault(format!("have no time zone \"{}\": {hint}", Escaped(name)))
}

/// The spans of a word, `closed` or `09:00-18:00`; none if it is neither.
fn times(word: &str) -> Parsed<Option<Vec<Span>>> {
    if word.eq_ignore_ascii_case("closed") {
        return Ok(Some(Vec::new()));
    }
    if !word.starts_with(|first: char| first.is_ascii_digit()) || is_like_date(word) {
        return Ok(None);
    }
    let ends = word.split_once('-').and_then(|(begin, end)| Some((minute(begin)?, minute(end)?)));
    match ends {
        Some((begin, end)) if begin == end => {
            fault(format!("\"{word}\" is no time at all: a whole day is 00:00-24:00"))
        }
        Some((begin, end)) if begin < DAY_MINUTES => {
            let end = if end < begin { end + DAY_MINUTES } else { end };
            Ok(Some(vec![Span { begin, end }]))
        }
        _ => fault(format!("\"{}\" is no span of time, like 09:00-18:00", Escaped(word))),
    }
}

/// The minutes of `09:00`, up to `24:00`.
fn minute(time: &str) -> Option<u16> {
    let (hour, minute) = time.split_once(':')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_written = (1..=2).contains(&hour.len()) && minute.len() == 2;
    if !is_written || !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    Some(hour * 60 + minute).filter(|at| minute < 60 && *at <= DAY_MINUTES)
}

fn is_like_date(word: &str) -> bool {
    matches!(word.as_bytes(), [_, _, _, _, b'-', _, _, b'-', _, _])
}

/// The days of a word: a date, a day of the week, or a range of these.
fn named_days(word: &str) -> Parsed<Vec<Day>> {
    if is_like_date(word) {
        let date: Result<Date, _> = word.parse();
        let no_date = |_| SettingFault(format!("\"{}\" is no date", Escaped(word)));
        return Ok(vec![Day::On(date.map_err(no_date)?)]);
    }
    let day = |name: &str| {
        let name = name.to_ascii_lowercase();
        WEEKDAYS.iter().zip(0_i8..).find(|(day, _)| **day == name).map(|(_, number)| number)
    };
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    match (day(first), day(last)) {
        (Some(first), Some(last)) => {
            let count = (last - first).rem_euclid(7) + 1;
            Ok((first..first + count).map(|day| Day::Weekly(day % 7)).collect())
        }
        _ => fault(format!(
            "\"{}\" is neither a day, like mon or mon-fri, nor a date, like 2026-12-25",
            Escaped(word)
        )),
    }
}

/// Adds spans to a day; none close it.
fn add(days: &mut BTreeMap<Day, Vec<Span>>, day: Day, spans: &[Span]) -> Parsed<()> {
    match days.entry(day) {
        Entry::Vacant(vacant) => {
            vacant.insert(spans.to_vec());
        }
        Entry::Occupied(known) if known.get().is_empty() != spans.is_empty() => {
            return fault(format!("{day} is both closed and open"));
        }
        Entry::Occupied(mut known) => known.get_mut().extend(spans),
    }
    Ok(())
}

/// Sorts the spans. Refuses those that overlap, and hours that are never open.
fn check(days: &mut BTreeMap<Day, Vec<Span>>) -> Parsed<()> {
    days.retain(|day, spans| !spans.is_empty() || matches!(day, Day::On(_)));
    if days.values().all(Vec::is_empty) {
        return fault(format!("are never open: give days with times, like {EXAMPLE}"));
    }
    let exceptions = days.keys().filter(|day| matches!(day, Day::On(_))).count();
    if exceptions > HOURS_EXCEPTIONS_MAX {
        return fault(format!(
            "have {exceptions} exceptions, at most {HOURS_EXCEPTIONS_MAX} are allowed"
        ));
    }
    for spans in days.values_mut() {
        spans.sort_unstable();
    }
    for (day, spans) in &*days {
        let overlap = spans.windows(2).find(|pair| pair[0].end > pair[1].begin);
        if let Some(pair) = overlap {
            return fault(format!("{day} {} and {} overlap", pair[0], pair[1]));
        }
        let Day::Weekly(number) = day else { continue };
        let next = Day::Weekly((number + 1) % 7);
        if let (Some(last), Some([first, ..])) = (spans.last(), days.get(&next).map(Vec::as_slice))
            && last.end > first.begin + DAY_MINUTES
        {
            return fault(format!("{day} {last} and {next} {first} overlap"));
        }
    }
    Ok(())
}
