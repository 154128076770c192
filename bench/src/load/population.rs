//! Which phones a load works on, and the variant that each is in.
//!
//! The state is carried from one load to the next: after an edit a phone has its other number, and
//! a request for the old one would rightly be rejected.

use std::sync::Arc;

use crate::fixture::{Account, Phone, Variant};
use crate::requests::{Caller, Mode, Question, Replies};

/// All phones that a load may touch.
#[derive(Debug)]
pub struct Population {
    callers: Arc<[Caller]>,
    phones: Vec<Phone>,
    replies: Replies,
    /// What is asked instead of something about a phone.
    questions: Arc<[Question]>,
}

impl Population {
    /// Questions in the place of phones, each for up to so many connections.
    pub fn asking(questions: Vec<Question>, connections: usize) -> Self {
        let phone = |(index, _)| Phone { account: 0, index, variant: Variant::Day };
        let each = (0..).zip(&questions).map(phone);
        let phones = std::iter::repeat_n(each, connections).flatten().collect();
        Self { phones, questions: questions.into(), ..Self::new(&[]) }
    }

    /// The phones of these accounts, as they are after the import.
    pub fn new(accounts: &[Account]) -> Self {
        let phones = (0..).zip(accounts).flat_map(|(account, of)| {
            (0..of.phones).map(move |index| Phone { account, index, variant: Variant::Day })
        });
        let callers = accounts.iter().map(Caller::new).collect();
        let (phones, replies) = (phones.collect(), Replies::default());
        Self { callers, phones, replies, questions: Arc::new([]) }
    }

    /// Notes what lists hold. It is right for as long as nothing is edited.
    pub fn note_lists(&mut self) {
        self.phones.sort_unstable();
        self.replies = Replies::with_lists(self.callers.len(), &self.phones);
    }

    /// Deals all phones to `connections` hands, so that no two connections edit the same phone. They
    /// come back with [`Population::gather`]. The hands belong in turn to `groups`, and all phones
    /// of an account are in one group.
    pub fn deal(
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
        let new = |number| Hand {
            callers: Arc::clone(&self.callers),
            replies: self.replies.clone(),
            questions: Arc::clone(&self.questions),
            phones: Vec::with_capacity(self.phones.len() / connections + 1),
            random: fastrand::Rng::with_seed(seed.wrapping_add(number)),
            body: Vec::new(),
        };
        let mut hands: Vec<_> = (0..connections as u64).map(new).collect();
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
        self.phones.extend(hands.into_iter().flat_map(|hand| hand.phones));
    }
}

/// The phones of one connection.
#[derive(Debug)]
pub struct Hand {
    callers: Arc<[Caller]>,
    replies: Replies,
    questions: Arc<[Question]>,
    pub phones: Vec<Phone>,
    random: fastrand::Rng,
    body: Vec<u8>,
}

impl Hand {
    /// The place of a random phone.
    pub fn pick(&mut self) -> usize {
        self.random.usize(..self.phones.len())
    }

    /// Replaces `request` with a request about the phone at `place`.
    pub fn write_request(&mut self, place: usize, mode: Mode, request: &mut Vec<u8>) {
        let phone = self.phones[place];
        if let Some((question, _)) = self.questions.get(phone.index as usize) {
            return request.clone_from(question);
        }
        let caller = &self.callers[phone.account as usize];
        caller.write_request(phone, mode, &mut self.body, request);
    }

    /// Replaces `expected` with the body of its only right reply, up to a cursor.
    pub fn write_expected(&self, place: usize, mode: Mode, expected: &mut Vec<u8>) {
        let phone = self.phones[place];
        match self.questions.get(phone.index as usize) {
            Some((_, reply)) => expected.clone_from(reply),
            None => self.replies.write(phone, mode, expected),
        }
    }

    /// Notes that an edit of this phone was acknowledged.
    pub fn flip(&mut self, place: usize) {
        let variant = &mut self.phones[place].variant;
        *variant = variant.other();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_share_no_phone_and_the_state_comes_back() {
        let mut population = Population::new(&Account::series(3, 7));
        let mut hands = population.deal(4, 0, 1).unwrap();
        let sizes: Vec<_> = hands.iter().map(|hand| hand.phones.len()).collect();
        assert_eq!(sizes, [6, 5, 5, 5]);
        hands[2].flip(0);
        population.gather(hands);
        let mut seen: Vec<_> = population.phones.iter().map(|p| (p.account, p.index)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 21);
        let night = |phone: &&Phone| phone.variant == Variant::Night;
        assert_eq!(population.phones.iter().filter(night).count(), 1);
        assert!(population.deal(22, 0, 1).is_err());
    }

    #[test]
    fn account_stays_in_one_group() {
        let mut population = Population::new(&Account::series(4, 6));
        let hands = population.deal(4, 0, 2).unwrap();
        for (number, hand) in hands.iter().enumerate() {
            assert_eq!(hand.phones.len(), 6);
            assert!(hand.phones.iter().all(|phone| phone.account as usize % 2 == number % 2));
        }
        population.gather(hands);
        assert!(population.deal(3, 0, 2).is_err());
    }
}
