//! What each operation is called in programs, and the problems that only it has.

use crate::http::api::code::Code::{
    self, AccountExists, Blocked, CursorAhead, HistoryPruned, IdsUsedUp, InvalidCursor,
    InvalidHeader, LimitExceeded, MainKey, NameTaken, NoSuchImport, NoSuchPath, NoSuchPhone,
    NoSuchSkill, NotAcceptable, NotAssigned, NotRevertible, NotWhole, NumberTaken, RowsRefused,
    SkillAssigned, SkillExists, TooFarBack, TooManyKeys, TooManySkills,
};

/// An operation: its method and path, its name, and the codes of its problems beside those that all
/// operations of its kind have (`problems`).
type Operation = (&'static str, &'static str, &'static [Code]);

#[rustfmt::skip] // A line for each operation.
const OPERATIONS: &[Operation] = &[
    ("get /v1/phones", "listPhones", &[InvalidCursor, NoSuchSkill, HistoryPruned, TooFarBack]),
    ("post /v1/phones", "createPhone", &[NumberTaken, NameTaken, NoSuchSkill, LimitExceeded, IdsUsedUp]),
    ("get /v1/phones/{phone}", "getPhone", &[HistoryPruned, TooFarBack]),
    ("patch /v1/phones/{phone}", "editPhone", &[NumberTaken, NameTaken, NoSuchSkill]),
    ("delete /v1/phones/{phone}", "deletePhone", &[]),
    ("get /v1/phones/{phone}/routing", "getPhoneRouting", &[]),
    ("patch /v1/phones/{phone}/routing", "editPhoneRouting", &[NoSuchSkill, NotAssigned]),
    ("put /v1/phones/{phone}/pause", "pausePhone", &[NoSuchSkill, NotAssigned]),
    ("delete /v1/phones/{phone}/pause", "resumePhone", &[NoSuchSkill, NotAssigned]),
    ("post /v1/bulk", "bulk", &[NotAcceptable, RowsRefused]),
    ("get /v1/imports", "listImports", &[InvalidCursor]),
    ("post /v1/imports", "createImport", &[NotAcceptable, RowsRefused]),
    ("get /v1/imports/{import}", "getImport", &[HistoryPruned]),
    ("post /v1/imports/{import}/undo", "undoImport", &[Blocked, NotRevertible, HistoryPruned, TooFarBack]),
    ("get /v1/exports", "exportPhones", &[NotAcceptable, NoSuchSkill, HistoryPruned, TooFarBack]),

    ("get /v1/skills", "listSkills", &[InvalidCursor]),
    ("post /v1/skills", "createSkill", &[SkillExists, TooManySkills, IdsUsedUp]),
    ("get /v1/skills/{skill}", "getSkill", &[]),
    ("patch /v1/skills/{skill}", "renameSkill", &[SkillExists]),
    ("delete /v1/skills/{skill}", "deleteSkill", &[SkillAssigned]),
    ("get /v1/skills/{skill}/ring-order", "getRingOrder", &[]),
    ("put /v1/skills/{skill}/ring-order", "replaceRingOrder", &[NoSuchPhone, NotAssigned, NotWhole]),
    ("post /v1/skills/{skill}/ring-order/move", "moveInRingOrder", &[NoSuchPhone, NotAssigned]),
    ("get /v1/skills/{skill}/routing", "getSkillRouting", &[]),
    ("patch /v1/skills/{skill}/routing", "editSkillRouting", &[]),
    ("get /v1/explain/ring", "explainRing", &[]),

    ("get /v1/changes", "listChanges", &[InvalidCursor, NoSuchPhone, NoSuchSkill, HistoryPruned]),
    ("get /v1/changes/{change}", "getChange", &[HistoryPruned]),
    ("post /v1/changes/{change}/revert", "revertChange", &[Blocked, NotRevertible, NoSuchImport, HistoryPruned, TooFarBack]),
    ("get /v1/feed", "readFeed", &[InvalidCursor, InvalidHeader, CursorAhead, HistoryPruned]),

    ("get /v1/requests", "listRequests", &[InvalidCursor, NoSuchPath]),

    ("get /v1/account", "getAccount", &[]),
    ("patch /v1/account", "editAccount", &[]),
    ("get /v1/account/routing", "getAccountRouting", &[]),
    ("patch /v1/account/routing", "editAccountRouting", &[]),
    ("get /v1/account/keys", "listKeys", &[InvalidCursor]),
    ("post /v1/account/keys", "createKey", &[TooManyKeys, IdsUsedUp]),
    ("get /v1/account/keys/{key}", "getKey", &[]),
    ("patch /v1/account/keys/{key}", "editKey", &[MainKey]),
    ("delete /v1/account/keys/{key}", "deleteKey", &[MainKey]),
    ("post /v1/account/keys/{key}/rotate", "rotateKey", &[TooManyKeys]),

    ("get /v1/operator/accounts", "listAccounts", &[InvalidCursor]),
    ("post /v1/operator/accounts", "createAccount", &[AccountExists]),
    ("get /v1/operator/accounts/{user_name}", "getAccountByName", &[]),
    ("patch /v1/operator/accounts/{user_name}", "editAccountByName", &[]),
    ("delete /v1/operator/accounts/{user_name}", "deleteAccount", &[]),
    ("post /v1/operator/accounts/{user_name}/rotate-key", "rotateAccountKey", &[TooManyKeys]),

    ("post /ca_apis/PhoneManageV2", "phoneManage", &[]),
    ("post /ca_apis/PhoneManageV2/explain", "explainPhoneManage", &[]),
    ("post /ca_apis/CAToken/generateToken", "generateToken", &[]),
];

/// The name of an operation and its own codes.
pub fn of(method: &str, path: &str) -> Option<(&'static str, &'static [Code])> {
    let is_it = |(target, ..): &&Operation| target.split_once(' ') == Some((method, path));
    OPERATIONS.iter().find(is_it).map(|(_, name, codes)| (*name, *codes))
}
