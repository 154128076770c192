//! `/v1/exports`: all phones as a file, page by page.

use std::future::ready;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, Response};
use axum::response::IntoResponse as _;
use futures_util::stream::{self, StreamExt as _};

use super::accept::accepted;
use super::bulk::FileBytes;
use super::code::Code;
use super::phones::list::{AT, FilterParameters, filter, refused};
use super::prelude::*;
use crate::http::RequestLog;
use crate::http::limits::{EXPORT_PAGE_PHONES, EXPORT_PAST_PAGE_PHONES};
use crate::rows::{Format, Writer};
use crate::service::{Failure, PhonePage, PhoneQuery, Service, Tenant};

/// The media types that `Accept` may ask for, with their formats.
const OFFERED: [(&str, Format); 4] = [
    ("text/csv", Format::Csv),
    ("application/x-ndjson", Format::JsonLines),
    ("application/ndjson", Format::JsonLines),
    ("application/jsonl", Format::JsonLines),
];

/// Export phones
///
/// All phones in the order in which they were created, with `id`, `number`, `name` and `skills`: CSV
/// or, if `Accept` prefers it, JSON Lines. `POST /v1/imports?action=upsert` takes it back, edited or
/// not. In CSV a cell that a spreadsheet could take for a formula has an apostrophe before it, which
/// an import takes away again.
///
/// Phones that change while the file is sent are in it as they are before or after; with `at` all
/// of it is of that time.
#[utoipa::path(
    get, path = "/v1/exports", tag = "bulk", params(FilterParameters),
    responses(
        (status = 200, description = "The phones", content(
            (inline(FileBytes) = "text/csv"), (inline(FileBytes) = "application/x-ndjson")
        ))
    )
)]
pub async fn export(caller: Caller<Read>, headers: HeaderMap, mut parameters: Query) -> Answer {
    let filter = filter(&mut parameters);
    let at_us = AT.read(&mut parameters);
    parameters.check()?;
    let format = accepted(&headers, &OFFERED).ok_or_else(|| {
        Problem::new(Code::NotAcceptable, "there are text/csv and application/x-ndjson")
    })?;
    let phones_max = if at_us.is_some() { EXPORT_PAST_PAGE_PHONES } else { EXPORT_PAGE_PHONES };
    let query = PhoneQuery { filter, phones_max, ..PhoneQuery::default() };
    let Caller { service, access, .. } = caller;
    let mut export =
        Export { service, tenant: access.tenant, query, at_us, format, has_more: true };
    // A refusal has to come before anything is sent.
    let first = export.read().await.map_err(refused)?;
    let rest = stream::try_unfold(export, |mut export| async move {
        if !export.has_more {
            return Ok(None);
        }
        let bytes = export.read().await.inspect_err(|failure| {
            tracing::warn!(%failure, "an export broke off");
        })?;
        Ok(Some((bytes, export)))
    });
    Ok(file(format, Body::from_stream(stream::once(ready(Ok::<_, Failure>(first))).chain(rest))))
}

/// A response with a file to be saved.
fn file(format: Format, body: Body) -> Response<Body> {
    let (kind, disposition) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"phones.csv\""),
        Format::JsonLines => ("application/x-ndjson", "attachment; filename=\"phones.jsonl\""),
    };
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, disposition), (VARY, "accept")];
    let log = RequestLog { outcome: "done", account: None };
    (headers, Extension(log), body).into_response()
}

/// The state of an export. It holds no lock, and one page of phones at most.
struct Export {
    service: Arc<Service>,
    tenant: Tenant,
    query: PhoneQuery,
    at_us: Option<i64>,
    format: Format,
    has_more: bool,
}

impl Export {
    /// Reads the next page. A failure breaks the response off, so that the client sees that the file
    /// is incomplete.
    async fn read(&mut self) -> Result<Bytes, Failure> {
        let is_first = self.query.after.is_none();
        let mut page = match self.at_us {
            None => self.service.show_phones(&self.tenant, &self.query, PhonePage::listed).await,
            Some(at_us) => self.service.phones_at(&self.tenant, self.query.clone(), at_us).await,
        }?;
        self.query.after = page.next.take();
        self.has_more = self.query.after.is_some();
        Ok(rows(&page, is_first, self.format).expect("writing to memory cannot fail"))
    }
}

fn rows(page: &PhonePage, is_first: bool, format: Format) -> std::io::Result<Bytes> {
    let mut writer = Writer::new(Vec::with_capacity(page.phones.len() * 64), format, None);
    if is_first {
        writer.header()?;
    }
    for phone in &page.phones {
        writer.phone(phone.id, phone.number, &phone.name, &phone.skills)?;
    }
    Ok(writer.finish()?.into())
}
