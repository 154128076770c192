//! Phonebooks of desk phones, by the public documents of their vendors.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use directory::PhoneSort;

use super::Pbx;
use super::prelude::*;
use crate::http::source::asked_address;
use crate::service::{Failure, PhoneFilter, PhoneQuery, SortKey, Tenant};

const FORM: Form = Form { content_type: "text/xml; charset=utf-8", failed: "" };

/// A vendor's format.
struct Format {
    /// The names of the file. Grandstream's phones add theirs to the configured path.
    files: &'static [&'static str],
    root: &'static str,
    /// What is around the name and the number of an entry.
    entry: [&'static str; 3],
    /// Entries that a phone takes at once.
    entries_max: usize,
    next: Next,
}

/// How a phone finds the next page.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    /// There is none.
    None,
    /// By a header with the time 0, for which Cisco's phones show a key.
    Refresh,
    /// By the key `#`.
    Key,
}

const ENTRY: [&str; 3] =
    ["<DirectoryEntry><Name>", "</Name><Telephone>", "</Telephone></DirectoryEntry>\n"];

/// For the phone's first account.
const CONTACT: [&str; 3] = [
    "<Contact><LastName>",
    "</LastName><Phone type=\"Work\"><phonenumber>",
    "</phonenumber><accountindex>0</accountindex></Phone></Contact>\n",
];

#[rustfmt::skip] // One a line.
static FORMATS: [Format; 4] = [
    Format { files: &["yealink.xml"], root: "YealinkIPPhoneDirectory", entry: ENTRY, entries_max: 5000, next: Next::None },
    Format { files: &["grandstream.xml", "phonebook.xml", "gs_phonebook.xml"], root: "AddressBook", entry: CONTACT, entries_max: 2000, next: Next::None },
    Format { files: &["cisco.xml"], root: "CiscoIPPhoneDirectory", entry: ENTRY, entries_max: 32, next: Next::Refresh },
    Format { files: &["snom.xml"], root: "SnomIPPhoneDirectory", entry: ENTRY, entries_max: 100, next: Next::Key },
];

/// `/pbx/phonebook/…`: the phones of a skill, or all, sorted by name.
pub async fn phonebook(State(pbx): State<Arc<Pbx>>, request: Request) -> Answer {
    let file = request.uri().path().rsplit('/').next().unwrap_or_default();
    let Some(format) = FORMATS.iter().find(|format| format.files.contains(&file)) else {
        return Answer::no_such_path(&FORM);
    };
    let (caller, asked) = match pbx.ask(&FORM, ANY, request).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let tenant = match pbx.service.tenant_of(&caller).await {
        Ok(tenant) => tenant,
        Err(why) => return Answer::cannot_know(&FORM, "cannot know", &why.to_string()),
    };
    let answer = match pbx.page(format, &tenant, &asked).await {
        Ok(page) => page,
        Err(Failure::Refused(_)) => Answer::new(&FORM, StatusCode::NOT_FOUND, "", "unknown skill"),
        Err(failure) => Answer::cannot_know(&FORM, "cannot know", &failure.to_string()),
    };
    answer.of(tenant.id())
}

impl Pbx {
    async fn page(
        &self,
        format: &'static Format,
        tenant: &Tenant,
        asked: &Asked,
    ) -> Result<Answer, Failure> {
        let skill = asked.get("skill").map(std::borrow::Cow::into_owned);
        let count = match &skill {
            None => self.service.account_state(tenant).await?.phone_count,
            Some(skill) => self.service.skill(tenant, skill).await?.phone_count,
        };
        let query = PhoneQuery {
            filter: PhoneFilter { skill: skill.clone(), ..PhoneFilter::default() },
            sort: PhoneSort::Name,
            is_descending: false,
            after: asked.get("after").and_then(|after| read_position(&after)),
            phones_max: format.entries_max,
        };
        let mut next = asked_address(&asked.head.extensions, &asked.head.headers);
        next.push_str(asked.head.uri.path());
        next.push('?');
        if let Some(skill) = &skill {
            next.push_str("skill=");
            push_encoded(&mut next, skill);
            next.push('&');
        }
        let title = skill.unwrap_or_else(|| "Phones".to_owned());
        let limits = Limits { entries: format.entries_max, ..Limits::NONE };
        let show = move |page: crate::service::PhonePage<(_, &directory::Phone)>, _: &_| {
            let mut list =
                List::new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", count, limits, 128);
            list.text.push_str(&format!("<{}>\n", format.root));
            if format.entry == ENTRY {
                list.text.push_str("<Title>");
                push_xml(&mut list.text, &title);
                list.text.push_str("</Title>\n");
            }
            list.fill("", page.phones, |text, (_, phone)| {
                let [before, between, after] = format.entry;
                text.push_str(before);
                push_xml(text, phone.name.as_str());
                text.push_str(between);
                text.push_str(phone.number.text().as_str());
                text.push_str(after);
            });
            let next = page.next.filter(|_| format.next != Next::None).map(|SortKey(name, id)| {
                next.push_str("after=");
                push_encoded(&mut next, &format!("{id}:{name}"));
                next
            });
            if let Some(next) = next.as_ref().filter(|_| format.next == Next::Key) {
                list.text.push_str("<SoftKeyItem><Name>#</Name><URL>");
                push_xml(&mut list.text, next);
                list.text.push_str("</URL></SoftKeyItem>\n");
            }
            list.text.push_str(&format!("</{}>\n", format.root));
            (list, next)
        };
        let (list, next) = self.service.show_phones(tenant, &query, show).await?;
        let answer = Answer::new(&FORM, StatusCode::OK, list.text, "found");
        let answer = answer.shown(list.shown, list.of);
        let next = next.filter(|_| format.next == Next::Refresh);
        Ok(match next.and_then(|url| HeaderValue::try_from(format!("0; url={url}")).ok()) {
            Some(refresh) => answer.with(HeaderName::from_static("refresh"), refresh),
            None => answer,
        })
    }
}

/// Where the page before ended.
fn read_position(after: &str) -> Option<SortKey> {
    let (id, name) = after.split_once(':')?;
    Some(SortKey(name.to_owned(), id.parse().ok()?))
}
