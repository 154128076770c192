//! `/v1/phones`: the list, and new ones.

use directory::{Command, PhoneId, PhoneName, PhoneNumber, PhoneSort, SkillEdit, Skills};

use super::{PHONE_BYTES, Phone, changed, sorted_names, write_phone};
use crate::http::api::choice::Choice;
use crate::http::api::code::Code;
use crate::http::api::conditional::etag;
use crate::http::api::cursor::{self, Scope};
use crate::http::api::page::{Page, PageParameters, PageRequest};
use crate::http::api::parameter::{Flag, Number, OneOf, Text, Time};
use crate::http::api::prelude::*;
use crate::http::request;
use crate::service::{Failure, PhoneFilter, PhonePage, PhoneQuery, SortKey};

parameters!(struct FilterParameters {
    /// They have this skill: its id or its name
    SKILL: Text = query "skill";
    /// If `true`, they have no skill
    WITHOUT_SKILL: Flag = query "without_skill";
    /// Their number is this one
    NUMBER: Number = query "number";
    /// Their name is this one, in any case
    NAME: Text = query "name";
    /// Their number begins so
    NUMBER_PREFIX: Number = query "number_prefix";
    /// Their name begins so, in any case
    NAME_PREFIX: Text = query "name_prefix";
    /// Their number or their name contains this, in any case
    CONTAINS: Number = query "contains";
    /// The phones as they were at that time
    AT: Time = query "at";
});

parameters!(struct CountParameter {
    /// If `true`, the header `Ringbook-Count` says how many phones all pages have now
    COUNT: Flag = query "count";
});

parameters!(struct SortParameter {
    /// What the list is sorted by; `-` reverses the order
    SORT: OneOf<(PhoneSort, bool)> = query "sort";
});

impl Choice for (PhoneSort, bool) {
    fn choices() -> Vec<(&'static str, Self)> {
        vec![
            ("created", (PhoneSort::Created, false)),
            ("-created", (PhoneSort::Created, true)),
            ("number", (PhoneSort::Number, false)),
            ("-number", (PhoneSort::Number, true)),
            ("name", (PhoneSort::Name, false)),
            ("-name", (PhoneSort::Name, true)),
        ]
    }
}

/// What [`page_json`] writes.
type Phones = Page<Phone<'static>>;

/// Reads which phones are listed.
pub fn filter(query: &mut Query) -> PhoneFilter {
    PhoneFilter {
        skill: SKILL.read(query),
        has_no_skill: WITHOUT_SKILL.read(query).unwrap_or(false),
        number: NUMBER.read(query),
        name: NAME.read(query),
        number_prefix: NUMBER_PREFIX.read(query),
        name_prefix: NAME_PREFIX.read(query),
        contains: CONTAINS.read(query),
    }
}

/// The position of a phone, for a cursor.
fn position(SortKey(text, id): &SortKey) -> String {
    format!("{id}:{text}")
}

fn read_position(position: &str) -> Option<SortKey> {
    let (id, text) = position.split_once(':')?;
    Some(SortKey(text.to_owned(), id.parse().ok()?))
}

/// List phones
///
/// Those that all filters apply to, now or as they were at a time.
#[utoipa::path(
    get, path = "/v1/phones", tag = "phones",
    params(FilterParameters, SortParameter, PageParameters, CountParameter),
    responses((status = 200, description = "A page of phones", body = Phones,
        headers(("Ringbook-Count" = u64, description = "With `count`: how many phones all pages have"))))
)]
pub async fn list(caller: Caller<Read>, mut parameters: Query) -> Answer {
    let filter = filter(&mut parameters);
    let (sort, is_descending) = SORT.read(&mut parameters).unwrap_or_default();
    let page = PageRequest::read(&mut parameters, read_position);
    let at_us = AT.read(&mut parameters);
    let is_counted = COUNT.read(&mut parameters).unwrap_or(false);
    if is_counted && at_us.is_some() {
        parameters.add_fault(COUNT.name, "cannot be given with at");
    }
    parameters.check()?;
    let PageRequest { scope, items_max, after } = page;
    let query = PhoneQuery { filter, sort, is_descending, after, phones_max: items_max };
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let page = match at_us {
        None => {
            let show = move |page: PhonePage<(PhoneId, &directory::Phone)>, skills: &Skills| {
                let mut names = Vec::new();
                page_json(page, scope, |json, (id, phone)| {
                    sorted_names(&mut names, phone, skills);
                    write_phone(json, id, phone.number, phone.name.as_str(), &names);
                })
            };
            service.show_phones(tenant, &query, show).await
        }
        Some(at_us) => service
            .phones_at(tenant, query.clone(), at_us)
            .await
            .map(|page| page_json(page, scope, |json, phone| Phone::from(&phone).write(json))),
    };
    let (json, len_of_last) = page.map_err(refused)?;
    let mut response = Reply::of_json(json).render();
    if is_counted {
        // A search that has found all need not look for them again.
        let count = match len_of_last.filter(|_| query.after.is_none()) {
            Some(len) => len,
            None => service.count_phones(tenant, &query.filter).await.map_err(refused)?,
        };
        response.headers_mut().insert(request::COUNT, count.into());
    }
    Ok(response)
}

/// Why there is no page: the query may name a skill that does not exist.
pub fn refused(failure: Failure) -> Problem {
    Problem::from(failure).named_by(SKILL.name, Code::NoSuchSkill)
}

/// A page as JSON, and how many phones it has if it is the last one. `write` appends each phone.
fn page_json<P>(
    page: PhonePage<P>,
    scope: Scope,
    mut write: impl FnMut(&mut String, P),
) -> (String, Option<usize>) {
    let len_of_last = page.next.is_none().then_some(page.phones.len());
    let mut json = String::with_capacity((1 + page.phones.len()) * PHONE_BYTES);
    json.push_str("{\"items\":[");
    for (index, phone) in page.phones.into_iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write(&mut json, phone);
    }
    match page.next {
        None => json.push_str("],\"next\":null}"),
        Some(next) => {
            json.push_str("],\"next\":\"");
            // It has no character that JSON escapes.
            json.push_str(&cursor::write(scope, &position(&next)));
            json.push_str("\"}");
        }
    }
    (json, len_of_last)
}

body! {
    /// A phone to be created
    pub struct CreatePhone {
        /// 3 to 16 digits with an optional `+`
        #[schema(value_type = String, required, example = "919876543210", pattern = r"^\+?[0-9]{3,16}$")]
        number: required PhoneNumber,
        /// 2 to 50 characters, unique within the account
        #[schema(
            value_type = String, required, example = "Ravi", min_length = 2, max_length = 50,
            pattern = r"^\+?[A-Za-z0-9]([A-Za-z0-9.@_-]*[A-Za-z0-9])?$"
        )]
        name: required PhoneName,
        /// Names of its skills, which exist
        #[schema(value_type = Vec<String>, example = json!(["Sales"]))]
        skills: optional SkillNames,
    }
}

/// Create a phone
///
/// It rings last for each of its skills.
#[utoipa::path(
    post, path = "/v1/phones", tag = "phones", request_body = CreatePhone,
    responses(
        (status = 201, description = "The phone", body = Phone<'static>,
         headers(("ETag", description = "Its version"), ("Location", description = "Its path")))
    )
)]
pub async fn create(caller: Caller<Full>, write: Write, body: Json) -> Answer {
    let (number, name, set) = body.read::<CreatePhone>()?;
    let set = set.map(|SkillNames(names)| names);
    let skills = SkillEdit { set, is_strict: true, ..SkillEdit::default() };
    let command = Command::CreatePhone { number, name, skills };
    let account = caller.access.tenant.id();
    let prepared = Prepared::new(command, move |outcome, skills| {
        let phone = changed(outcome, skills).expect("a phone was created");
        let location = format!("/v1/phones/{}", phone.id);
        Reply::of_json(phone.json()).created(Some(location)).tagged(etag(account, outcome.version))
    });
    write.carry_out(caller.actor(), &body.0, prepared).await
}
