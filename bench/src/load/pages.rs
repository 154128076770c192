//! Lists of the native API: the requests for them, and what each may be answered with.
//!
//! A list holds phones that other connections have in hand, so the pages are written down before a
//! load begins, which must not edit then.

use crate::fixture::{self, Account, SKILLS, Variant};
use crate::wire::PHONES_PATH;

use super::workload::Phone;

/// How many phones a page holds.
const PHONES_MAX: usize = 50;

/// What stands between the phones of a page and the cursor of the next one, which is text that
/// only the server reads.
const BEFORE_CURSOR: &[u8] = b"],\"next\":\"";

/// What ends a page with a cursor.
const AFTER_CURSOR: &[u8] = b"\"}";

/// The first page of every account and skill, up to the cursor where there are more.
#[derive(Debug, Default)]
pub struct Pages(Vec<Page>);

/// A page of phones as JSON.
#[derive(Clone, Debug)]
struct Page {
    json: Vec<u8>,
    phones: usize,
}

impl Pages {
    /// The pages of so many accounts, which have these phones, sorted by account and index.
    pub fn of(accounts: usize, phones: &[Phone]) -> Self {
        let mut pages = vec![Page::new(); accounts * SKILLS.len()];
        for &Phone { account, index, variant } in phones {
            for (place, skill) in SKILLS.iter().enumerate() {
                if fixture::skills(index, variant).contains(skill) {
                    pages[account as usize * SKILLS.len() + place].push(index, variant);
                }
            }
        }
        pages.iter_mut().for_each(Page::finish);
        Self(pages)
    }

    /// The page of the phones with the skill that this one always has.
    pub fn expected(&self, account: u32, index: u32) -> &[u8] {
        let skill = kept_skill(index);
        let place = SKILLS.iter().position(|one| *one == skill).expect("it is one of them");
        &self.0[account as usize * SKILLS.len() + place].json
    }
}

impl Page {
    fn new() -> Self {
        Self { json: b"{\"phones\":[".to_vec(), phones: 0 }
    }

    fn push(&mut self, index: u32, variant: Variant) {
        self.phones += 1;
        if self.phones > PHONES_MAX {
            return;
        }
        if self.phones > 1 {
            self.json.push(b',');
        }
        for part in ["{\"id\":\"", &fixture::id(index), "\",\"number\":\""] {
            self.json.extend_from_slice(part.as_bytes());
        }
        fixture::push_number(&mut self.json, index, variant);
        self.json.extend_from_slice(b"\",\"name\":\"");
        fixture::push_name(&mut self.json, index, variant);
        let mut skills = fixture::skills(index, variant);
        skills.sort_unstable();
        self.json.extend_from_slice(b"\",\"skills\":[\"");
        self.json.extend_from_slice(skills.join("\",\"").as_bytes());
        self.json.extend_from_slice(b"\"]}");
    }

    fn finish(&mut self) {
        let is_last = self.phones <= PHONES_MAX;
        self.json.extend_from_slice(if is_last { b"]}" } else { BEFORE_CURSOR });
    }
}

/// A whole page that is as long as those of ringbook.
pub fn fixed() -> Vec<u8> {
    let mut page = Page::new();
    (0..=50).for_each(|nth| page.push(nth * 10, Variant::Day));
    page.finish();
    page.json.extend_from_slice(b"YzUwOjAwMDAwMDA1MA");
    page.json.extend_from_slice(AFTER_CURSOR);
    page.json
}

/// Whether a body is the one that was expected, whatever its cursor is.
pub fn is_right(body: &[u8], expected: &[u8]) -> bool {
    if !expected.ends_with(BEFORE_CURSOR) {
        return body == expected;
    }
    let cursor = body.strip_prefix(expected).and_then(|rest| rest.strip_suffix(AFTER_CURSOR));
    cursor.is_some_and(|cursor| !cursor.is_empty())
}

/// Replaces `request` with one for the phones with the skill that this phone always has.
pub fn write_request(index: u32, end: &[u8], request: &mut Vec<u8>) {
    request.clear();
    for part in ["GET ", PHONES_PATH, "?skill=", kept_skill(index)] {
        request.extend_from_slice(part.as_bytes());
    }
    request.extend_from_slice(end);
}

/// What comes after the skill in an account's requests.
pub fn request_end(account: &Account) -> Vec<u8> {
    let authorization = account.authorization();
    format!(
        "&limit={PHONES_MAX} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n\r\n"
    )
    .into_bytes()
}

fn kept_skill(index: u32) -> &'static str {
    let [kept, ..] = fixture::skills(index, Variant::Day);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phones(count: u32) -> Vec<Phone> {
        let phone = |index| Phone { account: 0, index, variant: Variant::Day };
        (0..count).map(phone).collect()
    }

    #[test]
    fn a_page_holds_the_phones_with_the_skill_in_the_order_of_their_ids() {
        // The tenth phone has the first skill as its second one.
        let pages = Pages::of(1, &phones(10));
        assert_eq!(
            std::str::from_utf8(pages.expected(0, 0)).unwrap(),
            r#"{"phones":[{"id":"p1","number":"+917000000000","name":"Asha.000000","skills":["Billing","Sales","Support"]},{"id":"p9","number":"+917099363912","name":"Asha.000008","skills":["Sales","Spanish","Technical"]},{"id":"p10","number":"+917486784401","name":"Ravi.000009","skills":["Sales","Spanish","Support"]}]}"#
        );
    }

    #[test]
    fn a_full_page_ends_with_a_cursor_whatever_that_is() {
        let pages = Pages::of(1, &phones(1000));
        let expected = pages.expected(0, 0);
        let with = |end: &[u8]| [expected, end].concat();
        assert!(is_right(&with(b"YQ\"}"), expected));
        for wrong in [&b""[..], b"\"}", b"YQ", b"YQ\"} "] {
            assert!(!is_right(&with(wrong), expected), "{wrong:?}");
        }
        let other = pages.expected(0, 1);
        assert!(!is_right(other, expected));
        let (fixed, real) = (fixed().len(), with(b"YzUwOjAwMDAwMDA1MA\"}").len());
        assert!(fixed.abs_diff(real) < 100, "{fixed} {real}");
    }

    #[test]
    fn a_request_shows_who_asks() {
        let mut request = Vec::new();
        write_request(13, &request_end(&Account::new(3, 1)), &mut request);
        let request = String::from_utf8(request).unwrap();
        assert!(request.starts_with("GET /v1/phones?skill=Hindi&limit=50 HTTP/1.1\r\n"));
        assert!(request.contains("\r\nAuthorization: Basic YmVuY2gtMDAwMzpLS"));
        assert!(request.ends_with("\r\n\r\n"));
    }
}
