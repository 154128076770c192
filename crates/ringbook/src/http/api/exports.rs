//! `/v1/exports`: all phones as a file, page by page.

use std::future::ready;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use axum::response::IntoResponse as _;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::bulk::{FileBytes, JSON_LINES, accepted_or_lines};
use super::choice::Choice;
use super::parameter::OneOf;
use super::phones::list::{AT, FilterParameters, filter, refused};
use super::prelude::*;
use crate::http::limits::{EXPORT_PAGE_PHONES, EXPORT_PAST_PAGE_PHONES};
use crate::rows::{Format, Product, Writer};
use crate::service::{Failure, PhonePage, PhoneQuery};

parameters!(struct ProductParameter {
    /// Of CSV, what it is for. `cloudagent`: the columns of that product. `spreadsheet`: an apostrophe
    /// marks as text what a spreadsheet would change, such as each number
    FOR: OneOf<Product> = query "for";
});

impl Choice for Product {
    fn choices() -> Vec<(&'static str, Self)> {
        Self::ALL.into()
    }
}

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
    get, path = "/v1/exports", tag = "bulk", params(FilterParameters, ProductParameter),
    responses(
        (status = 200, description = "The phones", content(
            (inline(FileBytes) = "text/csv"), (inline(FileBytes) = "application/x-ndjson")
        ))
    )
)]
pub async fn export(caller: Caller<Read>, headers: HeaderMap, mut parameters: Query) -> Answer {
    let filter = filter(&mut parameters);
    let (at_us, product) = (AT.read(&mut parameters), FOR.read(&mut parameters));
    parameters.check()?;
    let format = accepted_or_lines(&headers, ("text/csv", Format::Csv), Format::JsonLines)?;
    let phones_max = if at_us.is_some() { EXPORT_PAST_PAGE_PHONES } else { EXPORT_PAGE_PHONES };
    let query = PhoneQuery { filter, phones_max, ..PhoneQuery::default() };
    // It holds no lock, and one page of phones at most. A failure breaks the response off, so that the
    // client sees that the file is incomplete.
    let pages = stream::try_unfold(Some((caller, query)), move |rest| async move {
        let Some((caller, mut query)) = rest else { return Ok::<_, Failure>(None) };
        let (service, tenant) = (&caller.service, &caller.access.tenant);
        let mut page = match at_us {
            None => service.show_phones(tenant, &query, PhonePage::listed).await,
            Some(at_us) => service.phones_at(tenant, query.clone(), at_us).await,
        }?;
        let next = page.next.take();
        let rows = rows(&page, query.after.is_none(), format, product);
        query.after = next;
        let rest = query.after.is_some().then_some((caller, query));
        Ok(Some((rows.expect("writing to memory cannot fail"), rest)))
    });
    let mut pages = Box::pin(pages);
    // A refusal has to come before anything is sent.
    let first = pages.try_next().await.map_err(refused)?.unwrap_or_default();
    let rest = pages.inspect_err(|failure| tracing::warn!(%failure, "an export broke off"));
    let body = Body::from_stream(stream::once(ready(Ok(first))).chain(rest));
    let (kind, disposition) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"phones.csv\""),
        Format::JsonLines => (JSON_LINES[0], "attachment; filename=\"phones.jsonl\""),
    };
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, disposition), (VARY, "accept")];
    Ok((headers, body).into_response())
}

fn rows(
    page: &PhonePage,
    is_first: bool,
    format: Format,
    product: Option<Product>,
) -> std::io::Result<Bytes> {
    let mut writer = Writer::new(Vec::with_capacity(page.phones.len() * 64), format, product);
    if is_first {
        writer.header()?;
    }
    for phone in &page.phones {
        writer.phone(phone.id, phone.number, &phone.name, &phone.skills)?;
    }
    Ok(writer.finish()?.into())
}
