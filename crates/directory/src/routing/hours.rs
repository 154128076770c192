//! Hours: when a skill or a phone takes calls.

mod parse;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// When a skill or a phone takes calls, by the clock on the wall in its time zone. As text:
/// `Asia/Kolkata mon-fri 09:00-18:00, sat 10:00-14:00, 2026-12-25 closed, 2026-12-31 09:00-12:00`.
///
/// A span over midnight belongs to the day on which it begins. An exception replaces the spans that its
/// date has otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    zone: TimeZone,
    /// The spans of a day, sorted. A weekday without any is absent, an exception without any is closed.
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

/// Minutes since midnight of the day on which it begins. The end is excluded, and may be after the next
/// midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    begin: u16,
    end: u16,
}

const DAY_MINUTES: u16 = 24 * 60;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Hours {
    /// Whether they are open at this time, microseconds UTC.
    pub fn is_open(&self, at_us: i64) -> bool {
        let Ok(at) = Timestamp::from_microsecond(at_us) else { return false };
        let local = self.zone.to_datetime(at);
        let minute = (local.hour().unsigned_abs(), local.minute().unsigned_abs());
        let minute = u16::from(minute.0) * 60 + u16::from(minute.1);
        let is_open = |date, minute| self.spans(date).iter().any(|span| span.contains(minute));
        let before = local.date().yesterday();
        is_open(local.date(), minute) || before.is_ok_and(|day| is_open(day, minute + DAY_MINUTES))
    }

    fn spans(&self, date: Date) -> &[Span] {
        let day = Day::Weekly(date.weekday().to_monday_zero_offset());
        self.days.get(&Day::On(date)).or_else(|| self.days.get(&day)).map_or(&[], Vec::as_slice)
    }
}

impl Span {
    fn contains(self, minute: u16) -> bool {
        (self.begin..self.end).contains(&minute)
    }
}

/// Writes the text that [`Hours::parse`] reads.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.zone.iana_name().unwrap_or_default())?;
        let days: Vec<_> = self.days.iter().collect();
        let mut separator = "";
        for same in
            days.chunk_by(|(one, spans), (next, others)| one.joins(**next) && spans == others)
        {
            let (first, spans) = same[0];
            write!(f, "{separator} {first}")?;
            if let [_, .., (last, _)] = same {
                write!(f, "-{last}")?;
            }
            if spans.is_empty() {
                f.write_str(" closed")?;
            }
            spans.iter().try_for_each(|span| write!(f, " {span}"))?;
            separator = ",";
        }
        Ok(())
    }
}

impl Day {
    /// Whether the two can be written as a range.
    fn joins(self, next: Self) -> bool {
        matches!((self, next), (Self::Weekly(one), Self::Weekly(next)) if one + 1 == next)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weekly(day) => f.write_str(WEEKDAYS[usize::from(day.unsigned_abs())]),
            Self::On(date) => date.fmt(f),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.end > DAY_MINUTES { self.end - DAY_MINUTES } else { self.end };
        let [begin, end] = [self.begin, end].map(|minute| (minute / 60, minute % 60));
        write!(f, "{:02}:{:02}-{:02}:{:02}", begin.0, begin.1, end.0, end.1)
    }
}
