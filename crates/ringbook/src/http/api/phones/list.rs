//! `/v1/phones`: the list, and new ones.

use directory::{Command, PhoneId, PhoneName, PhoneNumber, PhoneSort, SkillEdit, Skills};
use utoipa::ToSchema;

use super::{IdText, PHONE_BYTES, Phone, changed, sorted_names, write_phone};
use crate::http::api::choice::Choice;
use crate::http::api::code::Code;
use crate::http::api::cursor;
use crate::http::api::parameter::{Limit, Number, OneOf, Text, Time};
use crate::http::api::prelude::*;
use crate::json::write_text;
use crate::service::{Failure, PhoneFilter, PhonePage, PhoneQuery};

parameters!(struct FilterParameters {
    /// They have this skill
    SKILL: Text = query "skill";
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

parameters!(struct PageParameters {
    /// What the list is sorted by; `-` reverses the order
    SORT: OneOf<(PhoneSort, bool)> = query "sort";
    /// Phones at most, 1 to 1000; 50 if absent
    LIMIT: Limit = query "limit";
    /// Where the page begins: `next` of the page before
    CURSOR: Text = query "cursor";
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

/// A page of phones
#[derive(ToSchema)]
#[schema(as = PhonePage)]
#[expect(dead_code, reason = "only the schema is used: `page_json` writes it by hand")]
pub struct Page<'p> {
    /// The phones
    pub phones: Vec<Phone<'p>>,
    /// The cursor of the next page; absent on the last one
    #[schema(nullable = false)]
    pub next: Option<String>,
}

/// Reads which phones are listed.
pub fn filter(query: &mut Query) -> PhoneFilter {
    PhoneFilter {
        skill: SKILL.read(query),
        number: NUMBER.read(query),
        name: NAME.read(query),
        number_prefix: NUMBER_PREFIX.read(query),
        name_prefix: NAME_PREFIX.read(query),
        contains: CONTAINS.read(query),
    }
}

/// Reads which page of them is requested, and in which order.
fn page(query: &mut Query) -> PhoneQuery {
    let filter = filter(query);
    let (sort, is_descending) = SORT.read(query).unwrap_or_default();
    let order = (!query.has_fault(SORT.name)).then_some((sort, is_descending));
    let after = CURSOR.position(query, |text| cursor::read(order, text));
    PhoneQuery { filter, sort, is_descending, after, phones_max: LIMIT.items(query) }
}

/// List phones
#[utoipa::path(
    get, path = "/v1/phones", tag = "phones", 
    params(FilterParameters, PageParameters),
    responses((status = 200, description = "A page of phones", body = Page<'static>), Problems)
)]
pub async fn list(caller: Caller<Read>, mut parameters: Query) -> Answer {
    let query = page(&mut parameters);
    let at_us = AT.read(&mut parameters);
    parameters.check()?;
    let json = match at_us {
        None => current(&caller, &query).await,
        Some(at_us) => past(&caller, query, at_us).await,
    };
    Ok(Reply::of_json(json.map_err(refused)?).render())
}

/// Why there is no page: the query may name a skill that does not exist.
pub fn refused(failure: Failure) -> Problem {
    Problem::from(failure).named_by(SKILL.name, Code::NoSuchSkill)
}

/// A page of the phones as they are now.
async fn current(caller: &Caller<Read>, query: &PhoneQuery) -> Result<String, Failure> {
    let order = (query.sort, query.is_descending);
    let show = move |page: PhonePage<(PhoneId, &directory::Phone)>, skills: &Skills| {
        let mut names = Vec::new();
        page_json(page, order, |json, (id, phone)| {
            sorted_names(&mut names, phone, skills);
            write_phone(json, id, phone.number, phone.name.as_str(), &names);
        })
    };
    caller.service.show_phones(&caller.access.tenant, query, show).await
}

/// A page of the phones as they were at a time.
async fn past(caller: &Caller<Read>, query: PhoneQuery, at_us: i64) -> Result<String, Failure> {
    let order = (query.sort, query.is_descending);
    let page = caller.service.phones_at(&caller.access.tenant, query, at_us).await?;
    Ok(page_json(page, order, |json, phone| Phone::from(&phone).write(json)))
}

/// A page as JSON. `write` appends each phone.
fn page_json<P>(
    page: PhonePage<P>,
    order: cursor::Order,
    mut write: impl FnMut(&mut String, P),
) -> String {
    let mut json = String::with_capacity((1 + page.phones.len()) * PHONE_BYTES);
    json.push_str("{\"phones\":[");
    for (index, phone) in page.phones.into_iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        write(&mut json, phone);
    }
    json.push(']');
    if let Some(next) = page.next {
        json.push_str(",\"next\":\"");
        write_text(&mut json, &cursor::write(order, &next));
        json.push('"');
    }
    json.push('}');
    json
}

body! {
    /// A phone to be created
    pub struct NewPhone {
        /// 3 to 16 digits with an optional `+`
        #[schema(value_type = String, required, example = "919876543210", pattern = r"^\+?[0-9]{3,16}$")]
        number: Field<PhoneNumber>,
        /// 2 to 50 characters, unique within the account
        #[schema(value_type = String, required, example = "Ravi", min_length = 2, max_length = 50)]
        name: Field<PhoneName>,
        /// Names of its skills, which exist
        #[schema(value_type = Vec<String>, example = json!(["Sales"]))]
        skills: Field<SkillNames>,
    }
}

impl NewPhone {
    /// The command that creates it.
    pub fn command(self) -> Result<Command, Faults> {
        let mut faults = Faults::of(&self.others);
        let number = faults.required("number", self.number);
        let name = faults.required("name", self.name);
        let set = faults.optional("skills", self.skills).map(|SkillNames(names)| names);
        let (number, name) = faults.checked(number.zip(name))?;
        let skills = SkillEdit { set, is_strict: true, ..SkillEdit::default() };
        Ok(Command::CreatePhone { number, name, skills })
    }
}

/// Create a phone
#[utoipa::path(
    post, path = "/v1/phones", tag = "phones", request_body = NewPhone,
    params(Write),
    responses(
        (status = 201, description = "The phone", body = Phone<'static>,
         headers(("ETag", description = "Its state"), ("Location", description = "Its path"))),
        (status = 200, description = "With dry_run: what would be done", body = DryRun),
        Problems
    )
)]
pub async fn create(caller: Caller<Full>, write: Write, body: JsonBytes) -> Answer {
    let command = body.parse::<NewPhone>()?.command()?;
    let prepared = Prepared::new(command, |outcome, skills| {
        let phone = changed(outcome, skills).expect("a phone was created");
        let location = format!("/v1/phones/{}", IdText(phone.id));
        Reply::of_json(phone.json()).created(Some(location)).with_etag()
    });
    write.carry_out(caller.actor(), &body.0, prepared).await
}
