//! How PBXs ask whom to ring, and how they are told, a file each. Here are no rules, as the service
//! decides, and neither paths nor credentials, which are for the front end. No other module knows these
//! formats.

mod asked;
mod dial;
mod freeswitch;
mod kamailio;
mod list;
mod queue;

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::StatusCode;
use directory::routing::{Decision, Dialect as Of, Mode, RingList, decide};

pub use asked::Asked;
pub use dial::DIAL;
pub use freeswitch::FREESWITCH;
pub use kamailio::KAMAILIO;
pub use list::{List, push_encoded, push_xml};
pub use queue::{MEMBERS, QUEUE, QUEUES, REQUIRE, read_id};

const NOT_FOUND: StatusCode = StatusCode::NOT_FOUND;

/// No limit of a list.
pub const WHOLE: [usize; 2] = [usize::MAX; 2];

/// What all answers of an endpoint have.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Their media type.
    pub content_type: &'static str,
    /// The body of those that do not answer the question.
    pub failed: &'static str,
}

/// Plain text. Of Asterisk's with a `Content-Length`: a cut body would be taken for rows.
pub const TEXT: Form = Form { content_type: "text/plain", failed: "" };
/// Where Asterisk wants a number: an empty body is read beyond its end.
pub const ROWS: Form = Form { failed: "-1\n", ..TEXT };

/// A dialect.
pub struct Dialect {
    /// What its answers have.
    pub form: Form,
    /// The answer where there is no such skill.
    pub unknown: (StatusCode, &'static str),
    /// What a request asks. Or else what is always answered to it.
    pub asks: for<'a> fn(&Asked<'a>) -> Result<Question<'a>, &'static str>,
    /// The answer, also if there is nobody to ring, with what it repeats of the question.
    pub encode: fn(&Ring<'_>, &str) -> Result<List, NoTemplate>,
}

/// What a PBX wants to know.
#[derive(Debug, Default)]
pub struct Question<'a> {
    /// The skill whose phones are to ring; none is named by an empty text.
    pub skill: Cow<'a, str>,
    /// What the answer repeats of it.
    pub repeated: Cow<'a, str>,
}

impl<'a> Question<'a> {
    /// Whom to ring for a skill, if one is named.
    fn of(skill: Option<Cow<'a, str>>) -> Self {
        Self { skill: skill.unwrap_or_default(), ..Self::default() }
    }
}

/// There is no template for the addresses of a dialect that has no use for bare numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither the skill nor the account has the dial template {}", .0.as_str())]
pub struct NoTemplate(pub Of);

/// What a PBX gets at a time, microseconds UTC, by the list of a skill and those that it goes on with.
pub fn example(of: Of, lists: &[Arc<RingList>], at_us: i64) -> Result<List, NoTemplate> {
    let dialect = match of {
        Of::Kamailio => &KAMAILIO,
        Of::AsteriskDial => &DIAL,
        Of::AsteriskMember => &MEMBERS,
        Of::Freeswitch => &FREESWITCH,
    };
    (dialect.encode)(&Ring::at(lists, at_us), "default")
}

/// For any other PBX: the numbers that ring, one a line.
pub static PLAIN: Dialect = Dialect {
    form: TEXT,
    unknown: (NOT_FOUND, ""),
    asks: |asked| Ok(Question::of(asked.get("skill"))),
    encode: |ring, _| {
        let mut list = List::new("", ring.count());
        list.fill("", WHOLE, &ring.decision.phones, |text, phone| {
            text.extend([phone.number.text().as_str(), "\n"]);
        });
        Ok(list)
    },
};

/// Whom to ring.
pub struct Ring<'r> {
    /// The skill's list, and those that it goes on with.
    pub lists: &'r [Arc<RingList>],
    /// The decision.
    pub decision: Decision<'r>,
    /// When it was made, microseconds UTC.
    pub at_us: i64,
}

impl<'r> Ring<'r> {
    /// Whom to ring at a time, by the list of a skill and those that it goes on with.
    pub fn at(lists: &'r [Arc<RingList>], at_us: i64) -> Self {
        Self { lists, decision: decide(lists, at_us), at_us }
    }

    /// Whether the phones ring one after another.
    fn is_serial(&self) -> bool {
        self.decision.list.mode == Mode::Serial
    }

    /// How many phones are to ring, also beyond those of the list.
    fn count(&self) -> usize {
        let list = self.decision.list;
        self.decision.phones.len() + list.phone_count - list.phones.len()
    }

    /// What is before and after the number in an address, escaped.
    fn template(&self, of: Of, escape: fn(&mut String, &str)) -> Result<[String; 2], NoTemplate> {
        let template = self.decision.list.template(of).ok_or(NoTemplate(of))?;
        Ok(template.parts().map(|part| {
            let mut escaped = String::new();
            escape(&mut escaped, part);
            escaped
        }))
    }
}
