//! The parameters of the history, the feed and the stream.

use crate::http::api::parameter::{Import, Limit, Number, Text, Whole};
use crate::http::api::prelude::*;
use crate::http::limits::WAIT_S_MAX;

parameters!(struct ChangeParameters {
    /// Those of this phone: its id, also if it is deleted, or the number that it has
    PHONE: Number = query "phone";
    /// Those of this skill itself: its name
    SKILL: Text = query "skill";
    /// Those of this import or bulk request, all of its parts: its id
    IMPORT: Import = query "import";
    /// Those before this change: `next` of the page before
    BEFORE: Whole<1, { u64::MAX }> = query "before";
    /// The feed: those after this change, oldest first, each once
    AFTER: Whole<0, { u64::MAX }> = query "after";
    /// With `after`: if there is none yet, wait for one for so long
    WAIT_S: Whole<0, WAIT_S_MAX> = query "wait_s";
    /// Changes at most, 1 to 1000; 50 if absent
    LIMIT: Limit = query "limit";
    /// With `Accept: text/event-stream`: the last change that was seen, as browsers send it when
    /// they connect again
    LAST_EVENT_ID: Whole<0, { u64::MAX }> = header "Last-Event-ID";
});

/// Refuses the parameters of the history: the feed leaves nothing out.
pub fn refuse_filters(query: &mut Query) {
    const WHY: &str = "is for the history, the feed has all changes";
    BEFORE.refuse(query, WHY);
    PHONE.refuse(query, WHY);
    SKILL.refuse(query, WHY);
    IMPORT.refuse(query, WHY);
}
