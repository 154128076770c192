//! Who is signed in, and how that ends.

use axum::http::StatusCode;

use super::PATH;
use crate::http::console::cookie::Flash;
use crate::http::console::page::{Answer, Problem};
use crate::http::console::visit::{Posted, Visit, away};
use crate::store::Session;
use crate::time::of_us;

/// A session as it is shown: the browser, its address, the key, since when, until when, and whether
/// it is this one.
pub type SessionRow = (String, String, String, String, String, bool);

/// The sessions of the account, or of the operators, newest first.
pub async fn sessions(visit: &Visit) -> Result<Vec<SessionRow>, Problem> {
    let all = visit.service.sessions(&visit.signed_in).await.map_err(|_| away())?;
    let row = |one: Session| {
        let is_this = one.sha256 == visit.signed_in.session.sha256;
        let (since, until) = (of_us(one.created_us), of_us(one.expires_us));
        (browser(&one.user_agent), one.source, one.key_name, since, until, is_this)
    };
    Ok(all.into_iter().map(row).collect())
}

/// A browser's name and its system; of another program what it calls itself. Most browsers call
/// themselves by the names of others as well, so the order matters.
fn browser(user_agent: &str) -> String {
    let known = ["Edg", "OPR", "Firefox", "Chrome", "Safari"];
    let found = known.into_iter().find(|name| user_agent.contains(name));
    let system = user_agent.split(['(', ')']).nth(1).unwrap_or_default();
    found.map_or_else(|| user_agent.to_owned(), |name| format!("{name} ({system})"))
}

/// `POST /console/settings/end-other-sessions`
pub async fn end_others(Posted { visit, .. }: Posted) -> Answer {
    if !visit.frame("settings").can_write {
        let detail = "Sessions are ended with a key of the scope full.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    visit.service.end_other_sessions(&visit.signed_in).await.map_err(|_| away())?;
    Ok(visit.told(PATH, &Flash::of("All other sessions were ended.".to_owned())))
}
