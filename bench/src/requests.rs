//! The requests of a load and their only right replies.

use std::sync::Arc;

use serde::Serialize;

use crate::fixture::{self, Account, Phone, SKILLS, Variant};
use crate::routing::Dialect;
use crate::wire::{PATH, PHONES_PATH, SUCCESS};

/// How many phones a page of a list holds.
const PAGE: usize = 50;

/// What follows the phones of a page that is not the last one: a cursor, which only the server
/// reads.
const BEFORE_CURSOR: &[u8] = b"],\"next\":\"";
const AFTER_CURSOR: &[u8] = b"\"}";

/// What follows the phones of the last page.
const ON_LAST_PAGE: &[u8] = b"],\"next\":null}";

/// What the requests of a load do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Change the number, the name and two skills of a phone.
    Edit,
    /// Read the name that belongs to a number.
    Get,
    /// Read the first page of an account's phones with a skill from the native API.
    List,
    /// Ask whom to ring.
    Route(Dialect),
}

/// A request and the body of its only right reply; an empty one if any is right.
pub type Question = (Vec<u8>, Vec<u8>);

impl Mode {
    /// The body of every reply of the ceiling.
    pub fn fixed_reply(self) -> Vec<u8> {
        match self {
            Self::Edit | Self::Get | Self::Route(_) => SUCCESS.into(),
            Self::List => {
                // As long as a page of ringbook.
                let rows = (0..=50).map(|nth| Row::new(nth * 10, Variant::Day)).collect();
                [&page(rows), b"Zm9vYmFyNDk5Og".as_slice(), AFTER_CURSOR].concat()
            }
        }
    }
}

/// An account with the constant parts of its requests.
#[derive(Debug)]
pub struct Caller {
    user_name: String,
    /// The head of a PhoneManageV2 request, up to the value of `Content-Length`.
    head: Vec<u8>,
    /// The end of a request for a list, after the skill.
    list_end: Vec<u8>,
}

impl Caller {
    /// The account with this name and key.
    pub fn new(account: &Account) -> Self {
        let (key, authorization) = (&account.api_key, account.authorization());
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: localhost\r\napiKey: {key}\r\n\
             Content-Type: application/json\r\nContent-Length: "
        );
        let list_end = format!(
            "&limit={PAGE} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n\r\n"
        );
        let user_name = account.user_name.clone();
        Self { user_name, head: head.into_bytes(), list_end: list_end.into_bytes() }
    }

    /// Replaces `request` with one about a phone; a list is that of the skill it always has.
    /// `body` is a buffer.
    pub fn write_request(
        &self,
        phone: Phone,
        mode: Mode,
        body: &mut Vec<u8>,
        request: &mut Vec<u8>,
    ) {
        let Phone { index, variant, .. } = phone;
        request.clear();
        body.clear();
        match mode {
            Mode::Edit => push_edit(body, &self.user_name, index, variant),
            Mode::Get => push_get(body, &self.user_name, index, variant),
            Mode::List | Mode::Route(_) => {
                let [kept, ..] = fixture::skills(index, Variant::Day);
                for part in ["GET ", PHONES_PATH, "?skill=", kept] {
                    request.extend_from_slice(part.as_bytes());
                }
                return request.extend_from_slice(&self.list_end);
            }
        }
        request.extend_from_slice(&self.head);
        request.extend_from_slice(body.len().to_string().as_bytes());
        request.extend_from_slice(b"\r\n\r\n");
        request.extend_from_slice(body);
    }
}

/// Appends the body of an edit that takes a phone to its other variant.
pub fn push_edit(out: &mut Vec<u8>, user_name: &str, index: u32, variant: Variant) {
    let new = variant.other();
    push_start(out, user_name, "edit");
    fixture::push_number(out, index, variant);
    out.extend_from_slice(b"\",\"phoneName\":\"");
    fixture::push_name(out, index, variant);
    out.extend_from_slice(b"\",\"phoneNumberNew\":\"");
    fixture::push_number(out, index, new);
    out.extend_from_slice(b"\",\"phoneNameNew\":\"");
    fixture::push_name(out, index, new);
    out.extend_from_slice(b"\",\"unAssignSkill\":\"");
    fixture::push_skills(out, fixture::moving_skills(index, variant));
    out.extend_from_slice(b"\",\"assignSkill\":\"");
    fixture::push_skills(out, fixture::moving_skills(index, new));
    out.extend_from_slice(b"\"}");
}

fn push_get(out: &mut Vec<u8>, user_name: &str, index: u32, variant: Variant) {
    push_start(out, user_name, "get");
    fixture::push_number(out, index, variant);
    out.extend_from_slice(b"\"}");
}

fn push_start(out: &mut Vec<u8>, user_name: &str, action: &str) {
    let parts =
        ["{\"userName\":\"", user_name, "\",\"action\":\"", action, "\",\"phoneNumber\":\""];
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Appends the reply to a `get`.
fn push_found(out: &mut Vec<u8>, index: u32, variant: Variant) {
    out.extend_from_slice(b"{\"phoneNumber\":\"");
    fixture::push_number(out, index, variant);
    out.extend_from_slice(b"\",\"phoneName\":\"");
    fixture::push_name(out, index, variant);
    out.extend_from_slice(b"\"}");
}

/// The right replies, for as long as no phone is edited by others.
#[derive(Clone, Debug, Default)]
pub struct Replies {
    /// The first page of each account and skill, up to the cursor. Only for lists.
    pages: Arc<Vec<Vec<u8>>>,
}

impl Replies {
    /// The replies with the lists of these phones, which are sorted by account and index.
    pub fn with_lists(accounts: usize, phones: &[Phone]) -> Self {
        let mut pages: Vec<Vec<Row>> = Vec::new();
        pages.resize_with(accounts * SKILLS.len(), Vec::new);
        for &Phone { account, index, variant } in phones {
            for skill in fixture::skills(index, variant) {
                let place = SKILLS.iter().position(|one| *one == skill).expect("one of them");
                let rows = &mut pages[account as usize * SKILLS.len() + place];
                // One more than fits shows that there is a next page.
                if rows.len() <= PAGE {
                    rows.push(Row::new(index, variant));
                }
            }
        }
        Self { pages: Arc::new(pages.into_iter().map(page).collect()) }
    }

    /// Replaces `reply` with the body of the reply to a request about a phone, up to a cursor.
    pub fn write(&self, phone: Phone, mode: Mode, reply: &mut Vec<u8>) {
        reply.clear();
        match mode {
            Mode::Edit => reply.extend_from_slice(SUCCESS.as_bytes()),
            Mode::Get => push_found(reply, phone.index, phone.variant),
            Mode::List | Mode::Route(_) => {
                // The skill that the phone always has.
                let place = phone.index as usize % SKILLS.len();
                let page = &self.pages[phone.account as usize * SKILLS.len() + place];
                reply.extend_from_slice(page);
            }
        }
    }
}

/// Whether a body is the expected one, whatever its cursor.
pub fn is_right(body: &[u8], expected: &[u8]) -> bool {
    if !expected.ends_with(BEFORE_CURSOR) {
        return body == expected || expected.is_empty();
    }
    let cursor = body.strip_prefix(expected).and_then(|rest| rest.strip_suffix(AFTER_CURSOR));
    cursor.is_some_and(|cursor| !cursor.is_empty())
}

/// A phone in a list.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    number: String,
    name: String,
    skills: [&'static str; 3],
}

impl Row {
    fn new(index: u32, variant: Variant) -> Self {
        let mut skills = fixture::skills(index, variant);
        skills.sort_unstable();
        let (number, name) = (fixture::number(index, variant), fixture::name(index, variant));
        Self { id: fixture::id(index), number, name, skills }
    }
}

/// A page of these phones; of more than fit, up to the cursor.
fn page(mut rows: Vec<Row>) -> Vec<u8> {
    let is_last = rows.len() <= PAGE;
    rows.truncate(PAGE);
    let rows = serde_json::to_vec(&rows).expect("rows are JSON");
    let open = rows.strip_suffix(b"]").unwrap_or_default();
    [b"{\"items\":".as_slice(), open, if is_last { ON_LAST_PAGE } else { BEFORE_CURSOR }].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: Phone = Phone { account: 0, index: 0, variant: Variant::Day };

    fn request(phone: Phone, mode: Mode) -> String {
        let (mut body, mut request) = (Vec::new(), Vec::new());
        Caller::new(&Account::new(3, 1)).write_request(phone, mode, &mut body, &mut request);
        String::from_utf8(request).unwrap()
    }

    fn body(phone: Phone, mode: Mode) -> String {
        let request = request(phone, mode);
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())));
        body.to_owned()
    }

    fn list(phones: u32) -> Vec<u8> {
        let phones: Vec<_> = (0..phones).map(|index| Phone { index, ..PHONE }).collect();
        let mut reply = Vec::new();
        Replies::with_lists(1, &phones).write(PHONE, Mode::List, &mut reply);
        reply
    }

    #[test]
    fn edit_changes_everything_and_the_next_one_changes_it_back() {
        let there = r#"{"userName":"bench-0003","action":"edit","phoneNumber":"+917000000000","phoneName":"Asha.000000","phoneNumberNew":"+918000000000","phoneNameNew":"Usha.000000","unAssignSkill":"Support,Billing","assignSkill":"Hindi,Tamil"}"#;
        let back = r#"{"userName":"bench-0003","action":"edit","phoneNumber":"+918000000000","phoneName":"Usha.000000","phoneNumberNew":"+917000000000","phoneNameNew":"Asha.000000","unAssignSkill":"Hindi,Tamil","assignSkill":"Support,Billing"}"#;
        assert_eq!(body(PHONE, Mode::Edit), there);
        assert_eq!(body(Phone { variant: Variant::Night, ..PHONE }, Mode::Edit), back);
    }

    #[test]
    fn get_expects_the_current_name() {
        let phone = Phone { index: 1, variant: Variant::Night, ..PHONE };
        let get = r#"{"userName":"bench-0003","action":"get","phoneNumber":"+918387420489"}"#;
        assert_eq!(body(phone, Mode::Get), get);
        let mut reply = Vec::new();
        Replies::default().write(phone, Mode::Get, &mut reply);
        assert_eq!(reply, br#"{"phoneNumber":"+918387420489","phoneName":"Hari.000001"}"#);
    }

    #[test]
    fn list_asks_for_a_skill_with_basic_credentials() {
        let request = request(Phone { index: 13, ..PHONE }, Mode::List);
        assert!(request.starts_with("GET /v1/phones?skill=Hindi&limit=50 HTTP/1.1\r\n"));
        assert!(request.contains("\r\nAuthorization: Basic YmVuY2gtMDAwMzpLS"));
        assert!(request.ends_with("\r\n\r\n"));
    }

    #[test]
    fn list_holds_the_phones_with_the_skill_in_the_order_of_their_ids() {
        // The tenth phone has the first skill as its second one.
        assert_eq!(
            String::from_utf8(list(10)).unwrap(),
            r#"{"items":[{"id":"p1","number":"+917000000000","name":"Asha.000000","skills":["Billing","Sales","Support"]},{"id":"p9","number":"+917099363912","name":"Asha.000008","skills":["Sales","Spanish","Technical"]},{"id":"p10","number":"+917486784401","name":"Ravi.000009","skills":["Sales","Spanish","Support"]}],"next":null}"#
        );
    }

    #[test]
    fn full_page_ends_with_any_cursor() {
        let expected = list(1000);
        let with = |end: &[u8]| [&expected, end].concat();
        assert!(is_right(&with(b"YQ\"}"), &expected));
        for wrong in [&b""[..], b"\"}", b"YQ", b"YQ\"} "] {
            assert!(!is_right(&with(wrong), &expected), "{wrong:?}");
        }
        let (fixed, real) = (Mode::List.fixed_reply().len(), with(b"Zm9vYmFyNDk5Og\"}").len());
        assert!(fixed.abs_diff(real) < 100, "{fixed} {real}");
    }
}
