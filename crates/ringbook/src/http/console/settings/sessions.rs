//! Who is signed in, and how that ends.

use axum::extract::Path;

use super::browser::browser;
use super::{PATH, writing};
use crate::http::console::cookie::Flash;
use crate::http::console::page::{Answer, Problem};
use crate::http::console::visit::{Posted, Visit, away};
use crate::store::Session;
use crate::time::of_us;

/// A session, as it is shown.
pub struct SessionRow {
    /// Names it in a path: it says nothing of its token.
    pub id: String,
    pub browser: String,
    pub address: String,
    pub key_name: String,
    pub since: String,
    pub until: String,
    pub is_this: bool,
}

impl SessionRow {
    fn new(session: &Session, is_this: bool) -> Self {
        let address = if session.source.is_empty() { "not known" } else { &session.source };
        Self {
            id: id(session),
            browser: browser(&session.user_agent),
            address: address.to_owned(),
            key_name: session.key_name.clone(),
            since: of_us(session.created_us),
            until: of_us(session.expires_us),
            is_this,
        }
    }
}

/// The begin of its hash, which nobody can make a token from.
fn id(session: &Session) -> String {
    let (begin, _) = session.sha256.split_first_chunk().expect("a hash has 32 bytes");
    format!("{:016x}", u64::from_be_bytes(*begin))
}

/// The sessions of the account, or of the operators, newest first. A key that only reads sees those
/// which were opened with it.
pub async fn sessions(visit: &Visit) -> Result<Vec<SessionRow>, Problem> {
    let this = &visit.signed_in.session;
    let sees_all = visit.frame("settings").can_write;
    let all = visit.service.sessions(&visit.signed_in).await.map_err(|_| away())?;
    let seen = all.iter().filter(|one| sees_all || one.key_sha256 == this.key_sha256);
    Ok(seen.map(|one| SessionRow::new(one, one.sha256 == this.sha256)).collect())
}

/// `POST /console/settings/sessions/{session}/end`
pub async fn end(Path(named): Path<String>, Posted { visit, .. }: Posted) -> Answer {
    writing(&visit)?;
    let all = visit.service.sessions(&visit.signed_in).await.map_err(|_| away())?;
    let found = all.iter().find(|session| id(session) == named);
    let Some(session) = found else {
        let told = Flash::of("This session had ended already.".to_owned());
        return Ok(visit.told(PATH, &told));
    };
    let ended = visit.service.end_session(&visit.signed_in, session.sha256).await;
    ended.map_err(|_| away())?;
    Ok(visit.told(PATH, &Flash::of("The session was ended.".to_owned())))
}

/// `POST /console/settings/end-other-sessions`
pub async fn end_others(Posted { visit, .. }: Posted) -> Answer {
    writing(&visit)?;
    visit.service.end_all_sessions(&visit.signed_in, false).await.map_err(|_| away())?;
    Ok(visit.told(PATH, &Flash::of("All other sessions were ended.".to_owned())))
}
