//! Reads the form with a file, or with what [`pack`] has made of it.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, FromRequestParts as _, Multipart, Request};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tokio::time::timeout;

use super::Shared;
use crate::http::console::fields::Fields;
use crate::http::console::page::Problem;
use crate::http::console::visit::{CSRF_FIELD, Visit, console, refuse_forged};
use crate::http::limits::{BULK_BYTES_MAX, LEAST_BYTES_TIMEOUT};
use crate::service::Service;

/// Largest file: a million rows of 64 bytes.
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Largest field that is no file.
const FIELD_BYTES_MAX: usize = 64 * 1024;

/// Most fields: columns have one each.
const FIELDS_MAX: usize = 1_000;

/// How long a form may take to arrive.
const FORM_TIMEOUT: Duration = Duration::from_mins(10);

/// A form with a file, sent from a page of ours by somebody who is signed in.
pub struct Upload {
    pub visit: Visit,
    pub fields: Fields,
    /// The name of the file.
    pub name: String,
    pub file: Vec<u8>,
    pub shared: Arc<Shared>,
}

impl FromRequest<Arc<Service>> for Upload {
    type Rejection = Response<Body>;

    async fn from_request(
        request: Request,
        service: &Arc<Service>,
    ) -> Result<Self, Self::Rejection> {
        refuse_forged(&request).map_err(Problem::into_response)?;
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, service).await?;
        let shared = console(&parts).imports;
        let form = Multipart::from_request(Request::from_parts(parts, body), service).await;
        let form = form.map_err(|_| {
            let detail = "This is not a form with a file.";
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail).into_response()
        })?;
        let _permit = shared.uploads.try_acquire().map_err(|_| {
            let detail = "Others are sending files now. Try again in a minute.";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response()
        })?;
        let read = timeout(FORM_TIMEOUT, read(form, &visit)).await;
        let read = read.unwrap_or_else(|_| Err(broken_off())).map_err(Problem::into_response)?;
        let (fields, name, file) = read;
        Ok(Self { visit, fields, name, file, shared: Arc::clone(&shared) })
    }
}

/// Reads the fields, the name of the file and the file. The first field is the token.
async fn read(mut form: Multipart, visit: &Visit) -> Result<(Fields, String, Vec<u8>), Problem> {
    let (mut fields, mut file, mut count) = (Fields::default(), Vec::new(), 0);
    let mut file_name = None;
    while let Some(mut field) = next(&mut form).await? {
        let name = field.name().unwrap_or_default().to_owned();
        if count == 0 && name != CSRF_FIELD {
            visit.check_csrf("")?;
        }
        count += 1;
        if count > FIELDS_MAX {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "The form has too many fields."));
        }
        match name.as_str() {
            "file" => {
                file_name = field.file_name().map(ToOwned::to_owned);
                file = bytes(&mut field, FILE_BYTES_MAX).await?;
            }
            "packed" => {
                // Base64 takes four characters for three bytes, and what cannot be compressed grows.
                let packed = bytes(&mut field, FILE_BYTES_MAX / 2 * 3).await?;
                file = unpack(&packed).ok_or_else(broken_off)?;
            }
            _ => {
                let value = bytes(&mut field, FIELD_BYTES_MAX).await?;
                let value = String::from_utf8_lossy(&value).into_owned();
                if count == 1 {
                    visit.check_csrf(&value)?;
                }
                fields.add(name, value);
            }
        }
    }
    if count == 0 {
        visit.check_csrf("")?;
    }
    let file_name = file_name.unwrap_or_else(|| fields.get("name").to_owned());
    Ok((fields, file_name, file))
}

/// The next field, unless the browser sends nothing for too long.
async fn next(form: &mut Multipart) -> Result<Option<Field<'_>>, Problem> {
    let field = timeout(LEAST_BYTES_TIMEOUT, form.next_field()).await;
    field.map_err(|_| broken_off())?.map_err(|_| broken_off())
}

/// The bytes of a field. A larger one is read to its end, as a browser reads no answer before.
async fn bytes(field: &mut Field<'_>, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let (mut bytes, mut count) = (Vec::new(), 0);
    loop {
        let piece = timeout(LEAST_BYTES_TIMEOUT, field.chunk()).await;
        let piece = piece.map_err(|_| broken_off())?.map_err(|_| broken_off())?;
        let Some(piece) = piece.filter(|_| count <= BULK_BYTES_MAX) else { break };
        count += piece.len();
        if count <= bytes_max {
            bytes.extend_from_slice(&piece);
        }
    }
    if count > bytes_max {
        let detail = "The file has more than 64 MiB. Split it, or import it with the API or the \
                      command line, which take larger ones.";
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    Ok(bytes)
}

fn broken_off() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "The file did not arrive whole. Choose it again.")
}

/// A file as the text of a hidden field.
pub fn pack(file: &[u8]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(file).and_then(|()| encoder.finish());
    STANDARD.encode(packed.expect("it is written to memory"))
}

/// The file of such a text; none if it is not of us.
fn unpack(text: &[u8]) -> Option<Vec<u8>> {
    let packed = STANDARD.decode(text).ok()?;
    let mut file = Vec::new();
    let mut rest = GzDecoder::new(&*packed).take(FILE_BYTES_MAX as u64 + 1);
    rest.read_to_end(&mut file).ok()?;
    (file.len() <= FILE_BYTES_MAX).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_comes_back_as_it_was_packed_unless_it_is_too_large() {
        for file in [&b""[..], b"number,name\n\xff\0"] {
            assert_eq!(unpack(pack(file).as_bytes()).as_deref(), Some(file));
        }
        assert_eq!(unpack(pack(&vec![0; FILE_BYTES_MAX + 1]).as_bytes()), None);
        assert_eq!(unpack(b"number,name"), None);
    }
}
