//! `/v1/phones`: the list, and new ones.

use axum::body::Body;
use axum::http::Response;
use directory::{Command, PhoneId, PhoneName, PhoneNumber, SkillEdit, Skills};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{IdText, PHONE_BYTES, Phone, after, sorted_names, write_phone};
use crate::http::api::access::{Caller, Full, Read};
use crate::http::api::body::JsonBytes;
use crate::http::api::cursor;
use crate::http::api::field::{Faults, Field, Others};
use crate::http::api::problem::{Problem, Problems};
use crate::http::api::query::Query;
use crate::http::api::reply::Reply;
use crate::http::api::trial::DryRun;
use crate::http::api::write::{Write, WriteParameters};
use crate::http::limits::{PAGE_ITEMS, PAGE_ITEMS_MAX};
use crate::json::write_text;
use crate::service::{PhoneFilter, PhonePage, PhoneQuery, PhoneSort};

/// Which phones are listed: those to which all that is given applies
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // It describes what `filter` reads.
pub struct FilterParameters {
    /// They have this skill
    skill: Option<String>,
    /// Their number is this one
    number: Option<String>,
    /// Their name is this one, in any case
    name: Option<String>,
    /// Their number begins so
    number_prefix: Option<String>,
    /// Their name begins so, in any case
    name_prefix: Option<String>,
    /// Their number or their name contains this, in any case
    contains: Option<String>,
    /// The phones as they were at that time
    #[param(format = "date-time")]
    at: Option<String>,
}

/// Which page of the list, and how it is sorted
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // It describes what `query` reads.
pub struct PageParameters {
    /// What the list is sorted by
    #[param(inline)]
    sort: Option<Sort>,
    /// Phones at most, 1 to 1000; 50 if absent
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Where the page begins: `next` of the page before
    cursor: Option<String>,
}

/// What a list is sorted by: `-` turns the order round
#[derive(ToSchema)]
#[allow(dead_code)] // It describes what `query` reads.
enum Sort {
    #[schema(rename = "created")]
    Created,
    #[schema(rename = "-created")]
    CreatedDescending,
    #[schema(rename = "number")]
    Number,
    #[schema(rename = "-number")]
    NumberDescending,
    #[schema(rename = "name")]
    Name,
    #[schema(rename = "-name")]
    NameDescending,
}

/// A page of phones
#[derive(ToSchema)]
#[schema(as = PhonePage)]
#[allow(dead_code)] // It describes what `shown` writes.
pub struct Page<'p> {
    /// The phones
    pub phones: Vec<Phone<'p>>,
    /// The cursor of the next page; absent on the last one
    #[schema(nullable = false)]
    pub next: Option<String>,
}

/// Reads which phones are asked for.
pub fn filter(query: &mut Query) -> PhoneFilter {
    PhoneFilter {
        skill: query.text("skill"),
        number: query.number("number"),
        name: query.text("name"),
        number_prefix: query.number("number_prefix"),
        name_prefix: query.text("name_prefix"),
        contains: query.number("contains"),
    }
}

/// Reads which page of them is asked for, and in which order.
pub fn query(query: &mut Query) -> PhoneQuery {
    const SORTS: [(&str, (PhoneSort, bool)); 6] = [
        ("created", (PhoneSort::Created, false)),
        ("-created", (PhoneSort::Created, true)),
        ("number", (PhoneSort::Number, false)),
        ("-number", (PhoneSort::Number, true)),
        ("name", (PhoneSort::Name, false)),
        ("-name", (PhoneSort::Name, true)),
    ];
    let filter = filter(query);
    let (sort, is_descending) = query.choice("sort", &SORTS).unwrap_or_default();
    let order = (!query.is_wrong("sort")).then_some((sort, is_descending));
    let after = query.cursor(|text| cursor::read(order, text));
    let phones_max = query.whole("limit", 1..=PAGE_ITEMS_MAX).unwrap_or(PAGE_ITEMS);
    let phones_max = usize::try_from(phones_max).unwrap_or(usize::MAX);
    PhoneQuery { filter, sort, is_descending, after, phones_max }
}

/// List phones
#[utoipa::path(
    get, path = "/v1/phones", tag = "phones", 
    params(FilterParameters, PageParameters),
    responses((status = 200, description = "A page of phones", body = Page<'static>), Problems),
    security(("account" = []))
)]
pub async fn list(caller: Caller<Read>, mut parameters: Query) -> Result<Response<Body>, Problem> {
    let query = query(&mut parameters);
    let at_us = parameters.time_us("at");
    parameters.check()?;
    let (service, tenant) = (&caller.service, &caller.access.tenant);
    let order = (query.sort, query.is_descending);
    let reply = match at_us {
        None => {
            let show = |page: PhonePage<(PhoneId, &directory::Phone)>, skills: &Skills| {
                let mut names = Vec::new();
                shown(page, order, |json, (id, phone)| {
                    sorted_names(&mut names, phone, skills);
                    write_phone(json, id, phone.number, phone.name.as_str(), &names);
                })
            };
            service.show_phones(tenant, &query, show).await?
        }
        Some(at_us) => {
            let page = service.phones_at(tenant, query, at_us).await?;
            shown(page, order, |json, phone| Phone::from(&phone).write(json))
        }
    };
    Ok(reply.render(false))
}

fn shown<P>(
    page: PhonePage<P>,
    order: cursor::Order,
    mut write: impl FnMut(&mut String, P),
) -> Reply {
    let mut json = String::with_capacity((1 + page.phones.len()) * PHONE_BYTES);
    json.push_str("{\"phones\":[");
    for (place, phone) in page.phones.into_iter().enumerate() {
        if place > 0 {
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
    Reply::of_json(json)
}

/// A phone to be created
#[derive(Deserialize, ToSchema)]
pub struct NewPhone {
    /// 3 to 16 digits with an optional `+`
    #[serde(default)]
    #[schema(value_type = String, required, example = "919876543210", pattern = r"^\+?[0-9]{3,16}$")]
    number: Field<PhoneNumber>,
    /// 2 to 50 characters, unique within the account
    #[serde(default)]
    #[schema(value_type = String, required, example = "Ravi", min_length = 2, max_length = 50)]
    name: Field<PhoneName>,
    /// Names of its skills, which exist
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["Sales"]))]
    skills: Field<Vec<String>>,
    #[serde(flatten)]
    #[schema(ignore)]
    others: Others,
}

impl NewPhone {
    /// The command that creates it.
    pub fn command(self) -> Result<Command, Faults> {
        let mut faults = Faults::of(&self.others);
        let number = faults.required("number", self.number);
        let name = faults.required("name", self.name);
        let set = faults.optional("skills", self.skills);
        let (number, name) = faults.checked(number.zip(name))?;
        let skills = SkillEdit { set, is_strict: true, ..SkillEdit::default() };
        Ok(Command::CreatePhone { number, name, skills })
    }
}

/// Create a phone
#[utoipa::path(
    post, path = "/v1/phones", tag = "phones", request_body = NewPhone,
    params(WriteParameters),
    responses(
        (status = 201, description = "The phone", body = Phone<'static>,
         headers(("ETag", description = "Its state"), ("Location", description = "Its path"))),
        (status = 200, description = "With dry_run: what would be done", body = DryRun),
        Problems
    ),
    security(("account" = []))
)]
pub async fn create(
    caller: Caller<Full>,
    write: Write,
    body: JsonBytes,
) -> Result<Response<Body>, Problem> {
    let command = body.parse::<NewPhone>()?.command().map_err(Problem::from)?;
    let render = |outcome: &_, skills: &_| {
        let show = |phone: &Phone<'_>| {
            Reply::of_json(phone.json())
                .created(Some(format!("/v1/phones/{}", IdText(phone.id))))
                .with_etag()
        };
        after(outcome, None, skills, show).expect("a phone was created")
    };
    write.carry_out(&caller, &body.0, command, render).await
}
