//! Which phones a load works on, what state each is in, and the bytes of the requests.
//!
//! The state is carried from one load to the next: after an edit a phone has its other
//! number, and a request for the old one would rightly be refused.

use std::io::Write as _;
use std::sync::Arc;

use super::mode::Mode;
use super::pages::{self, Pages};
use crate::fixture::{self, Account, Variant};
use crate::wire::{PATH, SUCCESS};

/// A phone and the variant it was last seen in.
#[derive(Clone, Copy, Debug)]
pub struct Phone {
    /// The place of its account.
    pub account: u32,
    /// Its index in the account.
    pub index: u32,
    /// The variant.
    pub variant: Variant,
}

/// An account with the head of its requests, up to the value of `Content-Length`, and the end of
/// those for a list.
#[derive(Debug)]
struct Caller {
    user_name: String,
    head: Vec<u8>,
    list_end: Vec<u8>,
}

/// All phones that a load may touch.
#[derive(Debug)]
pub struct Population {
    callers: Arc<[Caller]>,
    phones: Vec<Phone>,
    pages: Arc<Pages>,
}

impl Population {
    /// The phones of these accounts, as they are right after the import.
    pub fn new(accounts: &[Account]) -> Self {
        let callers = accounts.iter().map(|account| Caller {
            user_name: account.user_name.clone(),
            head: head(account),
            list_end: pages::request_end(account),
        });
        let phones = (0..).zip(accounts).flat_map(|(account, of)| {
            (0..of.phones).map(move |index| Phone { account, index, variant: Variant::Day })
        });
        Self { callers: callers.collect(), phones: phones.collect(), pages: Arc::default() }
    }

    /// Notes what lists hold, for a load that asks for them. They are right for as long as nothing
    /// is edited.
    pub fn note_pages(&mut self) {
        self.phones.sort_unstable_by_key(|phone| (phone.account, phone.index));
        self.pages = Arc::new(Pages::of(self.callers.len(), &self.phones));
    }

    /// Deals all phones out to `connections` hands that share none, so that no two
    /// connections ever edit the same phone. They come back with [`Population::gather`].
    pub fn deal(&mut self, connections: usize, seed: u64) -> Result<Vec<Hand>, String> {
        self.deal_by_account(connections, seed, 1)
    }

    /// The same with the hands divided into `groups`, the first hand to the first group and so
    /// on in turn, such that all phones of an account are in one group.
    pub fn deal_by_account(
        &mut self,
        connections: usize,
        seed: u64,
        groups: usize,
    ) -> Result<Vec<Hand>, String> {
        if groups == 0 || !connections.is_multiple_of(groups) {
            return Err(format!("{connections} connections do not make {groups} equal groups"));
        }
        if self.phones.len() < connections {
            let phones = self.phones.len();
            return Err(format!("{connections} connections cannot share {phones} phones"));
        }
        let mut hands: Vec<_> = (0u64..)
            .take(connections)
            .map(|number| Hand {
                callers: Arc::clone(&self.callers),
                pages: Arc::clone(&self.pages),
                phones: Vec::with_capacity(self.phones.len() / connections + 1),
                random: fastrand::Rng::with_seed(seed.wrapping_add(number)),
                body: Vec::new(),
            })
            .collect();
        let mut dealt = vec![0; groups];
        for phone in self.phones.drain(..) {
            let group = phone.account as usize % groups;
            hands[(group + dealt[group] * groups) % connections].phones.push(phone);
            dealt[group] += 1;
        }
        Ok(hands)
    }

    /// Takes the phones back, in the state that the load left them in.
    pub fn gather(&mut self, hands: impl IntoIterator<Item = Hand>) {
        for hand in hands {
            self.phones.extend(hand.phones);
        }
    }
}

/// The phones of one connection.
#[derive(Debug)]
pub struct Hand {
    callers: Arc<[Caller]>,
    pages: Arc<Pages>,
    phones: Vec<Phone>,
    random: fastrand::Rng,
    body: Vec<u8>,
}

impl Hand {
    /// How many phones there are.
    pub fn len(&self) -> usize {
        self.phones.len()
    }

    /// The phone at a place.
    pub fn phone(&self, place: usize) -> Phone {
        self.phones[place]
    }

    /// The place of a phone, any of them with equal chance.
    pub fn pick(&mut self) -> usize {
        self.random.usize(..self.phones.len())
    }

    /// Replaces `request` with a request for the phone at `place`; a list is one of the phones with
    /// the skill that this one always has.
    pub fn write_request(&mut self, place: usize, mode: Mode, request: &mut Vec<u8>) {
        let phone = self.phones[place];
        let caller = &self.callers[phone.account as usize];
        if mode == Mode::List {
            return pages::write_request(phone.index, &caller.list_end, request);
        }
        self.body.clear();
        write_body(&mut self.body, caller, phone, mode);
        request.clear();
        request.extend_from_slice(&caller.head);
        write!(request, "{}\r\n\r\n", self.body.len()).expect("a Vec takes any write");
        request.extend_from_slice(&self.body);
    }

    /// Replaces `expected` with the only body that the request may be answered with, up to a cursor.
    pub fn write_expected(&self, place: usize, mode: Mode, expected: &mut Vec<u8>) {
        expected.clear();
        match mode {
            Mode::Edit => expected.extend_from_slice(SUCCESS.as_bytes()),
            Mode::Get => {
                let Phone { index, variant, .. } = self.phones[place];
                expected.extend_from_slice(b"{\"phoneNumber\":\"");
                fixture::push_number(expected, index, variant);
                expected.extend_from_slice(b"\",\"phoneName\":\"");
                fixture::push_name(expected, index, variant);
                expected.extend_from_slice(b"\"}");
            }
            Mode::List => {
                let Phone { account, index, .. } = self.phones[place];
                expected.extend_from_slice(self.pages.expected(account, index));
            }
        }
    }

    /// Notes that an edit of this phone was acknowledged.
    pub fn flip(&mut self, place: usize) {
        let variant = &mut self.phones[place].variant;
        *variant = variant.other();
    }
}

fn head(account: &Account) -> Vec<u8> {
    let key = &account.api_key;
    format!(
        "POST {PATH} HTTP/1.1\r\nHost: localhost\r\napiKey: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: "
    )
    .into_bytes()
}

fn write_body(out: &mut Vec<u8>, caller: &Caller, phone: Phone, mode: Mode) {
    let Phone { index, variant, .. } = phone;
    out.extend_from_slice(b"{\"userName\":\"");
    out.extend_from_slice(caller.user_name.as_bytes());
    out.extend_from_slice(match mode {
        Mode::Edit => b"\",\"action\":\"edit\",\"phoneNumber\":\"".as_slice(),
        Mode::Get | Mode::List => b"\",\"action\":\"get\",\"phoneNumber\":\"",
    });
    fixture::push_number(out, index, variant);
    if mode == Mode::Edit {
        let new = variant.other();
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
    }
    out.extend_from_slice(b"\"}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(hand: &mut Hand, place: usize, mode: Mode) -> String {
        let mut request = Vec::new();
        hand.write_request(place, mode, &mut request);
        let request = String::from_utf8(request).unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())));
        body.to_owned()
    }

    #[test]
    fn an_edit_changes_everything_and_the_next_one_changes_it_back() {
        let mut population = Population::new(&[Account::new(3, 1)]);
        let mut hand = population.deal(1, 0).unwrap().remove(0);
        let there = r#"{"userName":"bench-0003","action":"edit","phoneNumber":"+917000000000","phoneName":"Asha.000000","phoneNumberNew":"+918000000000","phoneNameNew":"Usha.000000","unAssignSkill":"Support,Billing","assignSkill":"Hindi,Tamil"}"#;
        let back = r#"{"userName":"bench-0003","action":"edit","phoneNumber":"+918000000000","phoneName":"Usha.000000","phoneNumberNew":"+917000000000","phoneNameNew":"Asha.000000","unAssignSkill":"Hindi,Tamil","assignSkill":"Support,Billing"}"#;
        assert_eq!(body(&mut hand, 0, Mode::Edit), there);
        assert_eq!(body(&mut hand, 0, Mode::Edit), there, "until it is acknowledged");
        hand.flip(0);
        assert_eq!(body(&mut hand, 0, Mode::Edit), back);
        hand.flip(0);
        assert_eq!(body(&mut hand, 0, Mode::Edit), there);
    }

    #[test]
    fn a_get_expects_the_current_name() {
        let mut population = Population::new(&[Account::new(3, 2)]);
        let mut hand = population.deal(1, 0).unwrap().remove(0);
        hand.flip(1);
        let mut expected = Vec::new();
        hand.write_expected(1, Mode::Get, &mut expected);
        assert_eq!(
            body(&mut hand, 1, Mode::Get),
            r#"{"userName":"bench-0003","action":"get","phoneNumber":"+918387420489"}"#
        );
        assert_eq!(
            String::from_utf8(expected).unwrap(),
            r#"{"phoneNumber":"+918387420489","phoneName":"Hari.000001"}"#
        );
    }

    #[test]
    fn hands_share_no_phone_and_the_state_comes_back() {
        let mut population = Population::new(&Account::series(0, 3, 7));
        let mut hands = population.deal(4, 0).unwrap();
        let sizes: Vec<_> = hands.iter().map(Hand::len).collect();
        assert_eq!(sizes, [6, 5, 5, 5]);
        hands[2].flip(0);
        population.gather(hands);
        let mut seen: Vec<_> = population.phones.iter().map(|p| (p.account, p.index)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 21);
        let night = |phone: &&Phone| phone.variant == Variant::Night;
        assert_eq!(population.phones.iter().filter(night).count(), 1);
        assert!(population.deal(22, 0).is_err());
    }

    #[test]
    fn an_account_can_be_kept_in_one_group() {
        let mut population = Population::new(&Account::series(0, 4, 6));
        let hands = population.deal_by_account(4, 0, 2).unwrap();
        for (number, hand) in hands.iter().enumerate() {
            assert_eq!(hand.len(), 6);
            assert!(hand.phones.iter().all(|phone| phone.account as usize % 2 == number % 2));
        }
        population.gather(hands);
        assert!(population.deal_by_account(3, 0, 2).is_err());
    }
}
