//! `/v1/exports`: all phones as a file, page by page.

use std::sync::Arc;

use axum::body::Body;
use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::Response;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, VARY};
use axum::http::request::Parts;
use futures_util::stream;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::accept::accepted;
use super::access::{Caller, Read};
use super::code::Code;
use super::phones::{FilterParameters, filter};
use super::problem::{Problem, Problems};
use super::query::Query;
use crate::http::RequestLog;
use crate::http::limits::{EXPORT_PAGE_PHONES, EXPORT_PAST_PAGE_PHONES};
use crate::rows::{CsvHeader, Format, Writer};
use crate::service::{Failure, PhonePage, PhoneQuery, Service, SortKey, Tenant};

/// The routes of this file.
pub fn routes() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::new().routes(routes!(export))
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[allow(dead_code)] // It describes what `export` reads.
enum FormatName {
    Csv,
    Jsonl,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)] // It describes what `export` reads.
struct FormatParameter {
    /// `csv` or `jsonl`; absent, what the header `Accept` asks for, or `csv`
    #[param(inline)]
    format: Option<FormatName>,
}

/// Export phones
///
/// All phones in the order in which they were created, as a file that `POST /v1/imports` takes.
/// In CSV a cell that a spreadsheet could take for a formula has an apostrophe before it, which
/// an import takes away again.
///
/// Phones that change while the file is sent are in it as they are before or after; with `at` all
/// of it is of that time.
#[utoipa::path(
    get, path = "/v1/exports", tag = "bulk", params(FormatParameter, FilterParameters),
    responses(
        (status = 200, description = "The phones", content(
            (String = "text/csv"), (String = "application/x-ndjson")
        )),
        Problems
    ),
    security(("account" = []))
)]
async fn export(
    caller: Caller<Read>,
    Accepted(accepted): Accepted,
    mut parameters: Query,
) -> Result<Response<Body>, Problem> {
    const FORMATS: [(&str, Format); 2] = [("csv", Format::Csv), ("jsonl", Format::JsonLines)];
    let asked = parameters.choice("format", &FORMATS);
    let filter = filter(&mut parameters);
    let at_us = parameters.time_us("at");
    parameters.check()?;
    let format = asked.or(accepted).ok_or_else(|| {
        Problem::new(Code::NotAcceptable, "there are text/csv and application/x-ndjson")
    })?;
    let phones_max = if at_us.is_some() { EXPORT_PAST_PAGE_PHONES } else { EXPORT_PAGE_PHONES };
    let query = PhoneQuery { filter, phones_max, ..PhoneQuery::default() };
    let Caller { service, access, .. } = caller;
    let mut export = Export { service, tenant: access.tenant, query, at_us, format, next: None };
    // What is refused is refused before anything is sent.
    let first = export.page().await?;
    export.next = Some(Next::First(first));
    let pages = stream::try_unfold(export, Export::send);
    let mut response = Response::new(Body::from_stream(pages));
    let headers = response.headers_mut();
    let (kind, disposition) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"phones.csv\""),
        Format::JsonLines => ("application/x-ndjson", "attachment; filename=\"phones.jsonl\""),
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    headers.append(VARY, HeaderValue::from(ACCEPT));
    response.extensions_mut().insert(RequestLog { outcome: "done", account: None });
    Ok(response)
}

/// What an export needs to go on. It holds no lock, and of the phones one page.
struct Export {
    service: Arc<Service>,
    tenant: Tenant,
    query: PhoneQuery,
    at_us: Option<i64>,
    format: Format,
    /// Nothing once all was sent.
    next: Option<Next>,
}

/// What is sent next.
enum Next {
    /// The first page.
    First(PhonePage),
    /// The page after this place.
    After(SortKey),
}

impl Export {
    async fn page(&self) -> Result<PhonePage, Failure> {
        match self.at_us {
            None => self.service.list_phones(&self.tenant, &self.query).await,
            Some(at_us) => self.service.phones_at(&self.tenant, self.query.clone(), at_us).await,
        }
    }

    /// The bytes of the next page, and what follows. A failure breaks the answer off, which tells
    /// the client that it is not whole.
    async fn send(mut self) -> Result<Option<(Bytes, Self)>, Failure> {
        let (page, is_first) = match self.next.take() {
            None => return Ok(None),
            Some(Next::First(page)) => (page, true),
            Some(Next::After(place)) => {
                self.query.after = Some(place);
                let page = self.page().await.inspect_err(|failure| {
                    tracing::warn!(%failure, "an export broke off");
                })?;
                (page, false)
            }
        };
        let bytes = rows(&page, is_first, self.format).expect("writing to memory cannot fail");
        self.next = page.next.map(Next::After);
        Ok(Some((bytes, self)))
    }
}

fn rows(page: &PhonePage, is_first: bool, format: Format) -> std::io::Result<Bytes> {
    let mut writer = Writer::new(Vec::with_capacity(page.phones.len() * 64), format);
    if is_first {
        writer.header(CsvHeader::Api)?;
    }
    for phone in &page.phones {
        writer.phone(phone.number, &phone.name, &phone.skills)?;
    }
    Ok(writer.finish()?.into())
}

/// The format that the header `Accept` asks for; nothing if it wants neither.
struct Accepted(Option<Format>);

impl<State: Send + Sync> FromRequestParts<State> for Accepted {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Self::Rejection> {
        const OFFERED: [(&str, Format); 4] = [
            ("text/csv", Format::Csv),
            ("application/x-ndjson", Format::JsonLines),
            ("application/ndjson", Format::JsonLines),
            ("application/jsonl", Format::JsonLines),
        ];
        Ok(Self(accepted(&parts.headers, &OFFERED)))
    }
}
