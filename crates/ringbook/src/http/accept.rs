//! Which of several media types a client wants, by its header `Accept` (RFC 9110, 12.5.1).

use std::cmp::Reverse;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// The offered type, in lower case, that the client prefers: the first one without a header. Among
/// equal qualities, the more specific range wins, then the one named first.
pub fn accepted<T: Copy>(headers: &HeaderMap, offered: &[(&str, T)]) -> Option<T> {
    let given = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = given.flat_map(|value| value.split(',')).filter(|text| !text.trim().is_empty());
    let ranges: Vec<_> = ranges.map(Range::read).collect();
    if ranges.is_empty() {
        return offered.first().map(|(_, value)| *value);
    }
    let wanted = offered.iter().enumerate().filter_map(|(number, (kind, value))| {
        let of_kind = ranges.iter().enumerate().filter(|(_, range)| range.has(kind));
        // The most specific range decides.
        let (index, range) =
            of_kind.max_by_key(|(index, range)| (range.precision, Reverse(*index)))?;
        let rank = (range.precision, Reverse(index), Reverse(number));
        (range.quality > 0.0).then_some((range.quality, rank, *value))
    });
    let best = wanted.max_by(|(quality, rank, _), (other, other_rank, _)| {
        quality.total_cmp(other).then(rank.cmp(other_rank))
    });
    best.map(|(.., value)| value)
}

/// A media range: one type, all of a kind, or all.
struct Range {
    /// The type, or how the types begin.
    pattern: String,
    /// 0 for all types, 1 for all of a kind, 2 for one.
    precision: u8,
    /// From 0, which is not acceptable, to 1.
    quality: f32,
}

impl Range {
    fn read(text: &str) -> Self {
        let mut parts = text.split(';');
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let quality = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse().ok())?
        });
        let quality = quality.filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(1.0);
        let (pattern, precision) = match essence.strip_suffix("/*") {
            Some("*") => (String::new(), 0),
            Some(kind) => (format!("{kind}/"), 1),
            None => (essence, 2),
        };
        Self { pattern, precision, quality }
    }

    fn has(&self, kind: &str) -> bool {
        if self.precision == 2 { kind == self.pattern } else { kind.starts_with(&self.pattern) }
    }
}
