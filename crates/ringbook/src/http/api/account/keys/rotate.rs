//! `/v1/account/keys/{key}/rotate`

use directory::{Change, Command};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Key, MadeKey, find};
use crate::http::api::code::Code;
use crate::http::api::field::Whole;
use crate::http::api::prelude::*;
use crate::secret::ApiKey;
use crate::service::clock::time_text;
use crate::service::{KeyUse, Outcome};

/// The longest overlap: 30 days. For longer, an account can have two keys.
pub const OVERLAP_S_MAX: u32 = 30 * 24 * 3600;

/// The overlap by default: an hour, in which the new key replaces the old one wherever it is used.
pub const OVERLAP_S: u32 = 3600;

body! {
    /// How a key is rotated
    pub struct Rotation {
        /// How long the old key goes on, in seconds: 0 to 2592000, which is 30 days; an hour if
        /// absent. With 0 it is gone at once
        #[schema(value_type = u32, maximum = 2_592_000, default = 3600)]
        overlap_s: optional Whole<0, OVERLAP_S_MAX>,
    }
}

/// The key in place of another one
#[derive(Serialize, ToSchema)]
pub struct RotatedKey {
    // The key itself comes first: `Reply::revealing` finds it there.
    #[serde(flatten)]
    made: MadeKey,
    /// The key until now; `null` if it is gone at once
    #[schema(required)]
    old: Option<OldKey>,
}

/// A key that goes on for a while
#[derive(Serialize, ToSchema)]
pub struct OldKey {
    /// Its id
    #[schema(example = "k7")]
    id: String,
    /// From when on it is no longer valid
    #[schema(format = "date-time", required)]
    expires_at: Option<String>,
}

impl RotatedKey {
    /// The one in place of this key, after a rotation.
    fn new(before: &KeyUse, outcome: &Outcome, now_us: i64) -> Self {
        let mut new = Key::new(None, None, now_us);
        let mut old = before.key.clone();
        for change in &outcome.changed {
            let Change::Key { before: was, after, .. } = change else { continue };
            match (was, after) {
                // When the account's own key is rotated, the old one becomes a key like the others.
                (None, Some(key)) if before.key.is_some() => {
                    new = Key::new(Some(key), None, now_us);
                }
                (_, after) => old.clone_from(after),
            }
        }
        let old = old.map(|key| OldKey {
            id: key.id.to_string(),
            expires_at: key.expires_us.map(time_text),
        });
        Self { made: MadeKey { key: None, shown: new }, old }
    }
}

/// Rotate an API key
///
/// Makes another key with the same name, the same scope and the same end, and tells it once. The
/// old one goes on for the overlap, but no longer than it would have by itself. The new key has
/// an id of its own; the account's own key has the id `k0` before and after, and the old one becomes
/// a key like the others, which can be deleted. In place of a key that has expired comes one that
/// lasts as long as that one did.
#[utoipa::path(
    post, path = "/v1/account/keys/{key}/rotate", tag = "account", request_body = Rotation,
    params(("key" = String, Path, description = "Its id; `k0` is the account's own one")),
    responses(
        (status = 201, description = "The new key", body = RotatedKey,
         headers(("Location", description = "Its path")))
    )
)]
pub async fn rotate(caller: Caller<Full>, id: Path, write: Write, body: Json) -> Answer {
    let prepare = async {
        let before = find(&caller, id.id(Code::NoSuchKey)?).await?;
        rotation(before, caller.origin().at_us, &body, |rotated| Some(rotated.made.shown.path()))
    };
    write.prepare_and_carry_out(caller.actor(), &body.0, prepare).await
}

/// The command that puts a new key in place of another one, and its answer, with the path of the key.
pub fn rotation(
    before: KeyUse,
    now_us: i64,
    body: &Json,
    path: fn(&RotatedKey) -> Option<String>,
) -> Result<Prepared, Problem> {
    let key = ApiKey::make();
    let id = before.id();
    let (overlap_s,) = body.read::<Rotation>()?;
    let overlap_s = overlap_s.map_or(OVERLAP_S, |Whole(overlap_s)| overlap_s);
    let old_expires_us = now_us + i64::from(overlap_s) * 1_000_000;
    let command = Command::RotateKey { id, sha256: key.sha256(), now_us, old_expires_us };
    let prepared = Prepared::new(command, move |outcome, _| {
        let rotated = RotatedKey::new(&before, outcome, now_us);
        Reply::ok(&rotated).created(path(&rotated))
    });
    Ok(prepared.creating(key))
}
