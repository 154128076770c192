//! Medians, ratios, and figures as people read them.

use std::fmt::Write as _;

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
pub fn real(count: u64) -> f64 {
    count as f64
}

/// The median; of an even count, the mean of the two values in the middle. `None` of nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    Some(if values.len() % 2 == 1 {
        upper
    } else {
        f64::midpoint(values[values.len() / 2 - 1], upper)
    })
}

/// The median over the rounds of one rate divided by another in the same round.
pub fn median_ratio(of: &[f64], to: &[f64]) -> Option<f64> {
    median(of.iter().zip(to).map(|(of, to)| of / to))
}

/// The unit of a figure; it decides how the figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A fraction of one, written in percent.
    Share,
    /// A fraction of one that something costs, written in percent.
    ShareLost,
    /// Seconds, written in milliseconds or seconds.
    Seconds,
    Bytes,
    /// Bytes, written in millions.
    Megabytes,
    RowsPerSecond,
    /// A multiple of something else.
    Times,
    /// The same of a time, so less is better.
    TimesAsLong,
}

impl Unit {
    /// Whether a larger figure is better.
    pub fn is_higher_better(self) -> bool {
        matches!(self, Self::Share | Self::RowsPerSecond | Self::Times)
    }

    /// The figure with its unit.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Share | Self::ShareLost => format!("{} %", short(value * 100.0)),
            Self::Seconds if value >= 1.0 => format!("{} s", short(value)),
            Self::Seconds => format!("{} ms", short(value * 1000.0)),
            Self::Bytes => format!("{value:.0} B"),
            Self::Megabytes => format!("{} MB", short(value / 1e6)),
            Self::RowsPerSecond => format!("{} rows/s", thousands(value)),
            Self::Times | Self::TimesAsLong => format!("{value:.2} ×"),
        }
    }
}

/// One decimal, or none if it is zero.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A whole number with commas between the thousands.
pub fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        let _ = write!(out, "{digit}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle() {
        assert_eq!(median([]), None);
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0]), Some(2.5));
    }

    #[test]
    fn ratio_is_taken_within_a_round() {
        // The ceiling moved by half between the rounds; the ratio did not.
        let ratio = median_ratio(&[20.0, 10.0, 15.0], &[40.0, 20.0, 30.0]);
        assert_eq!(ratio, Some(0.5));
    }

    #[test]
    fn units_decide_the_format() {
        let cases = [
            (Unit::Share, 0.3333, "33.3 %"),
            (Unit::ShareLost, -0.02, "-2 %"),
            (Unit::Seconds, 0.5, "500 ms"),
            (Unit::Seconds, 0.004_25, "4.2 ms"),
            (Unit::Seconds, 2.0, "2 s"),
            (Unit::Bytes, 119.6, "120 B"),
            (Unit::Megabytes, 8e6, "8 MB"),
            (Unit::RowsPerSecond, 300_000.4, "300,000 rows/s"),
            (Unit::Times, 3.456, "3.46 ×"),
        ];
        for (unit, value, text) in cases {
            assert_eq!(unit.show(value), text);
        }
        assert_eq!(thousands(999.0), "999");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
    }
}
