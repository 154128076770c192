//! Phonebooks of desk phones, by the public documents of their vendors.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use directory::{Phone, PhoneSort};

use super::prelude::*;
use crate::http::source::asked_address;
use crate::service::{Failure, PhoneFilter, PhonePage, PhoneQuery, Service, SortKey, Tenant};

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
pub async fn phonebook(State(service): State<Arc<Service>>, request: Request) -> Answer {
    let file = request.uri().path().rsplit('/').next().unwrap_or_default();
    let Some(format) = FORMATS.iter().find(|format| format.files.contains(&file)) else {
        return Answer::no_such_path(&FORM);
    };
    let (caller, asked) = match ask(&service, &FORM, ANY, request).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let tenant = match service.tenant_of(&caller) {
        Ok(tenant) => tenant,
        Err(why) => return Answer::cannot_know(&FORM, &why),
    };
    let answer = match page(&service, format, &tenant, &asked).await {
        Ok(page) => page,
        Err(Failure::Refused(_)) => Answer::new(&FORM, StatusCode::NOT_FOUND, "", "unknown skill"),
        Err(failure) => Answer::cannot_know(&FORM, &failure),
    };
    answer.of(tenant.id())
}

async fn page(
    service: &Service,
    format: &'static Format,
    tenant: &Tenant,
    asked: &Asked,
) -> Result<Answer, Failure> {
    let skill = asked.get("skill").map(Cow::into_owned);
    let (count, mut parameters, title) = match &skill {
        None => (service.account_state(tenant).await?.phone_count, "?".to_owned(), "Phones"),
        Some(skill) => {
            (service.skill(tenant, skill).await?.phone_count, "?skill=".to_owned(), &**skill)
        }
    };
    if let Some(skill) = &skill {
        push_encoded(&mut parameters, skill);
        parameters.push('&');
    }
    let mut head = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{}>\n", format.root);
    if format.entry == ENTRY {
        head.push_str("<Title>");
        push_xml(&mut head, title);
        head.push_str("</Title>\n");
    }
    let show = move |page: PhonePage<(_, &Phone)>, _: &_| {
        let mut list = List::new(&head, count, Limits::NONE, 0);
        list.text.reserve(page.phones.len() * 128);
        list.fill("", page.phones, |text, (_, phone)| {
            text.push_str(format.entry[0]);
            push_xml(text, phone.name.as_str());
            text.push_str(format.entry[1]);
            text.push_str(phone.number.text().as_str());
            text.push_str(format.entry[2]);
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
    let (mut list, next) = service.show_phones(tenant, &query, show).await?;
    let next = next.map(|SortKey(name, id)| {
        let address = asked_address(&asked.head.extensions, &asked.head.headers);
        let mut next = address + asked.head.uri.path() + &parameters + "after=";
        push_encoded(&mut next, &format!("{id}:{name}"));
        next
    });
    if let Some(next) = next.as_ref().filter(|_| format.next == Next::Key) {
        list.text.push_str("<SoftKeyItem><Name>#</Name><URL>");
        push_xml(&mut list.text, next);
        list.text.push_str("</URL></SoftKeyItem>\n");
    }
    for part in ["</", format.root, ">\n"] {
        list.text.push_str(part);
    }
    let answer = Answer::new(&FORM, StatusCode::OK, list.text, "found").shown(list.shown, list.of);
    let refresh = next.filter(|_| format.next == Next::Refresh);
    Ok(match refresh.and_then(|next| HeaderValue::try_from(format!("0; url={next}")).ok()) {
        Some(refresh) => answer.with(HeaderName::from_static("refresh"), refresh),
        None => answer,
    })
}

/// Where the page before ended.
fn read_position(after: &str) -> Option<SortKey> {
    let (id, name) = after.split_once(':')?;
    Some(SortKey(name.to_owned(), id.parse().ok()?))
}
