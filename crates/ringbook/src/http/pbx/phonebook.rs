//! Phonebooks of desk phones, by the public documents of their vendors.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, REFRESH};
use directory::{Phone, PhoneSort};

use super::answer::Answer;
use super::endpoint::{ANY, Arrived, endpoint};
use crate::dialects::{Form, List, WHOLE, push_encoded, push_xml};
use crate::http::source::asked_address;
use crate::service::{Failure, PhoneFilter, PhonePage, PhoneQuery, Service, SortKey};

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

/// `/pbx/phonebook/…`.
pub fn routes() -> Router<Arc<Service>> {
    let files =
        FORMATS.iter().flat_map(|format| format.files.iter().map(move |file| (file, format)));
    files.fold(Router::new(), |router, (file, format)| {
        let phonebook = move |service, arrived| phonebook(service, format, arrived);
        router.route(&format!("/pbx/phonebook/{file}"), endpoint(&FORM, ANY, phonebook))
    })
}

/// The phones of a skill, or all, sorted by name.
async fn phonebook(
    service: Arc<Service>,
    format: &'static Format,
    arrived: Arrived,
) -> Result<Answer, Answer> {
    let tenant = service.tenant_of(&arrived.caller)?;
    let asked = arrived.asked();
    let skill = asked.get("skill").map(Cow::into_owned);
    let mut parameters = "?".to_owned();
    let (count, title) = match &skill {
        None => (service.account_state(&tenant).await?.phone_count, "Phones"),
        Some(skill) => {
            parameters.push_str("skill=");
            push_encoded(&mut parameters, skill);
            parameters.push('&');
            match service.skill(&tenant, skill).await {
                Err(Failure::Refused(_)) => {
                    return Ok(Answer::new(StatusCode::NOT_FOUND, "", "unknown skill"));
                }
                found => (found?.phone_count, &**skill),
            }
        }
    };
    let mut head = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{}>\n", format.root);
    if format.entry == ENTRY {
        head.push_str("<Title>");
        push_xml(&mut head, title);
        head.push_str("</Title>\n");
    }
    let show = move |page: PhonePage<(_, &Phone)>, _: &_| {
        let mut list = List::new(head, count);
        list.fill("", WHOLE, page.phones, |text, (_, phone)| {
            let [before, between, after] = format.entry;
            text.push_str(before);
            push_xml(text, phone.name.as_str());
            text.extend([between, phone.number.text().as_str(), after]);
        });
        (list, page.next)
    };
    let query = PhoneQuery {
        filter: PhoneFilter { skill: skill.clone(), ..PhoneFilter::default() },
        sort: PhoneSort::Name,
        is_descending: false,
        after: asked.get("after").and_then(|after| read_position(&after)),
        phones_max: format.entries_max,
    };
    let (mut list, next) = service.show_phones(&tenant, &query, show).await?;
    let next = next.map(|SortKey(name, id)| {
        let address = asked_address(&arrived.head.extensions, &arrived.head.headers);
        let mut next = address + arrived.head.uri.path() + &parameters + "after=";
        push_encoded(&mut next, &format!("{id}:{name}"));
        next
    });
    if let Some(next) = next.as_ref().filter(|_| format.next == Next::Key) {
        list.text.push_str("<SoftKeyItem><Name>#</Name><URL>");
        push_xml(&mut list.text, next);
        list.text.push_str("</URL></SoftKeyItem>\n");
    }
    list.text.extend(["</", format.root, ">\n"]);
    let answer = Answer::listed(list.text, [list.shown, list.of], "found");
    let refresh = next.filter(|_| format.next == Next::Refresh);
    Ok(match refresh.and_then(|next| HeaderValue::try_from(format!("0; url={next}")).ok()) {
        Some(refresh) => answer.with(REFRESH, refresh),
        None => answer,
    })
}

/// Where the page before ended.
fn read_position(after: &str) -> Option<SortKey> {
    let (id, name) = after.split_once(':')?;
    Some(SortKey(name.to_owned(), id.parse().ok()?))
}
