//! A line of a group: one change as a JSON array.

use std::borrow::Cow;

use directory::{AccountId, Kind};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::json;
use crate::store::{HistoryRow, ImportId, Origin, RequestId, StoreError};

/// A change, as a line has it.
#[derive(Deserialize)]
pub struct Line<'a> {
    pub account_id: i64,
    pub version: i64,
    pub at_us: i64,
    pub request_id: i64,
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    pub subject_id: Option<i64>,
    /// JSON without a line break.
    #[serde(borrow, deserialize_with = "raw")]
    pub raw_delta: &'a str,
    /// Absent for most changes.
    #[serde(default)]
    pub import_id: Option<i64>,
}

fn raw<'de, D: Deserializer<'de>>(delta: D) -> Result<&'de str, D::Error> {
    <&RawValue>::deserialize(delta).map(RawValue::get)
}

impl<'a> Line<'a> {
    /// A change that is about to be committed.
    pub fn of(
        account: AccountId,
        version: u64,
        origin: &'a Origin,
        (kind, subject_id): (Kind, Option<u64>),
        raw_delta: &'a str,
    ) -> Self {
        Self {
            account_id: account.0.into(),
            version: version.cast_signed(),
            at_us: origin.at_us,
            request_id: origin.request_id.to_i64(),
            source: Cow::Borrowed(&origin.source),
            kind: Cow::Borrowed(kind.as_str()),
            subject_id: subject_id.map(u64::cast_signed),
            raw_delta,
            import_id: origin.import.map(|import| import.0.cast_signed()),
        }
    }

    /// Appends it.
    pub fn write(&self, out: &mut String) {
        out.push('[');
        for number in [self.account_id, self.version, self.at_us, self.request_id] {
            out.push_str(itoa::Buffer::new().format(number));
            out.push(',');
        }
        for text in [&self.source, &self.kind] {
            out.push('"');
            json::write_text(out, text);
            out.push_str("\",");
        }
        match self.subject_id {
            Some(id) => out.push_str(itoa::Buffer::new().format(id)),
            None => out.push_str("null"),
        }
        out.push(',');
        out.push_str(self.raw_delta);
        if let Some(id) = self.import_id {
            out.push(',');
            out.push_str(itoa::Buffer::new().format(id));
        }
        out.push(']');
    }

    /// The change of this id; none if it was deleted.
    pub fn parse(id: i64, line: &'a str) -> Result<Option<Self>, StoreError> {
        serde_json::from_str(line)
            .map_err(|error| StoreError::Damaged(format!("change {id} of the history: {error}")))
    }

    /// Whether the delta is a JSON object, as it should be.
    pub fn has_delta(&self) -> bool {
        self.raw_delta.starts_with('{')
    }

    /// The changed fields: JSON, unless the delta is damaged.
    pub fn delta(&self) -> Cow<'a, str> {
        let text = Cow::Borrowed(self.raw_delta);
        // `raw_delta` stores invalid JSON as a string.
        if self.has_delta() { text } else { serde_json::from_str(&text).map_or(text, Cow::Owned) }
    }

    /// The phone that the change is about, if it is about one.
    pub fn phone_id(&self) -> Option<i64> {
        self.subject_id_if(Kind::is_of_phone)
    }

    /// The skill that the change is about, if it is about one.
    pub fn skill_id(&self) -> Option<i64> {
        self.subject_id_if(Kind::is_of_skill)
    }

    fn subject_id_if(&self, is_of: fn(Kind) -> bool) -> Option<i64> {
        self.subject_id.filter(|_| Kind::parse(&self.kind).is_some_and(is_of))
    }

    /// The row of a page of the history.
    pub fn to_history(&self, account: AccountId) -> Result<HistoryRow, StoreError> {
        let version = self.version.cast_unsigned();
        Ok(HistoryRow {
            version,
            at_us: self.at_us,
            request_id: RequestId(self.request_id.cast_unsigned()),
            source: self.source.clone().into_owned(),
            kind: HistoryRow::kind(account, version, &self.kind)?,
            subject_id: self.subject_id.map(i64::cast_unsigned),
            import: self.import_id.map(|id| ImportId(id.cast_unsigned())),
            delta: self.delta().into_owned(),
        })
    }
}

/// The [`raw_delta`](Line::raw_delta) of a delta of another store. Invalid JSON becomes a string, so
/// that it breaks no other line.
pub fn raw_delta(delta: &str) -> Cow<'_, str> {
    match serde_json::from_str::<&RawValue>(delta) {
        Ok(_) if delta.starts_with('{') && !delta.contains('\n') => Cow::Borrowed(delta),
        _ => Cow::Owned(serde_json::Value::from(delta).to_string()),
    }
}
