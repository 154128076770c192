//! Reads the form with a file, or with what [`pack`] has made of it.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
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
use crate::service::Service;

/// Largest file: a million rows of 64 bytes.
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Largest field: Base64 takes four characters for three bytes, and what cannot be compressed grows.
const FIELD_BYTES_MAX: usize = FILE_BYTES_MAX / 2 * 3;

/// How long a form may take to arrive.
const FORM_TIMEOUT: Duration = Duration::from_mins(10);

/// A form with a file, sent from a page of ours by somebody who is signed in.
pub struct Upload {
    pub visit: Visit,
    pub fields: Fields,
    /// The name of the file.
    pub name: String,
    pub file: Bytes,
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
        let form = form.map_err(axum::response::IntoResponse::into_response)?;
        let Ok(_permit) = shared.uploads.try_acquire() else {
            let detail = "Others are sending files now. Try again in a minute.";
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response());
        };
        let (fields, name, file) = match timeout(FORM_TIMEOUT, read(form)).await {
            Ok(Ok(form)) => form,
            Ok(Err(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                return Err(too_large());
            }
            _ => return Err(broken_off()),
        };
        visit.check_csrf(fields.get(CSRF_FIELD)).map_err(Problem::into_response)?;
        let packed = fields.get("packed");
        let file =
            if packed.is_empty() { file } else { unpack(packed).ok_or_else(broken_off)?.into() };
        if file.len() > FILE_BYTES_MAX {
            return Err(too_large());
        }
        Ok(Self { visit, fields, name, file, shared: Arc::clone(&shared) })
    }
}

/// Reads the fields, the name of the file and the file. Of what is too large the beginning is kept, but
/// all of it is read, as a browser reads no answer before.
async fn read(mut form: Multipart) -> Result<(Fields, String, Bytes), MultipartError> {
    let (mut fields, mut file_name, mut file) = (Fields::default(), None, Bytes::new());
    while let Some(mut field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        file_name = file_name.or_else(|| field.file_name().map(ToOwned::to_owned));
        let mut value = Vec::new();
        while let Some(piece) = field.chunk().await? {
            if value.len() <= FIELD_BYTES_MAX {
                value.extend_from_slice(&piece);
            }
        }
        if name == "file" {
            file = value.into();
        } else {
            fields.add(name, String::from_utf8_lossy(&value).into_owned());
        }
    }
    let file_name = file_name.unwrap_or_else(|| fields.get("name").to_owned());
    Ok((fields, file_name, file))
}

fn too_large() -> Response<Body> {
    let detail = "The file has more than 64 MiB. Split it, or import it with the API or the command \
                  line, which take larger ones.";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).into_response()
}

fn broken_off() -> Response<Body> {
    let detail = "The file did not arrive whole. Choose it again.";
    Problem::new(StatusCode::BAD_REQUEST, detail).into_response()
}

/// A file as the text of a hidden field.
pub fn pack(file: &[u8]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(file).and_then(|()| encoder.finish());
    STANDARD.encode(packed.expect("it is written to memory"))
}

/// The file of such a text, or of a larger one its beginning; none if it is not of us.
fn unpack(text: &str) -> Option<Vec<u8>> {
    let packed = STANDARD.decode(text).ok()?;
    let mut file = Vec::new();
    let mut rest = GzDecoder::new(&*packed).take(FILE_BYTES_MAX as u64 + 1);
    rest.read_to_end(&mut file).ok()?;
    Some(file)
}
