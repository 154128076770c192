//! Several refusals at once.

use super::Refusal;

/// The refusals of a command. Some are told, the others are counted.
pub(crate) struct Refusals {
    told: Vec<Refusal>,
    max: usize,
    more: usize,
}

impl Refusals {
    pub fn up_to(max: usize) -> Self {
        Self { told: Vec::new(), max, more: 0 }
    }

    pub fn push(&mut self, refusal: Refusal) {
        match refusal {
            Refusal::More(count) => self.more += count,
            refusal if self.told.len() < self.max => self.told.push(refusal),
            _ => self.more += 1,
        }
    }

    pub fn extend(&mut self, refusals: impl IntoIterator<Item = Refusal>) {
        for refusal in refusals {
            self.push(refusal);
        }
    }

    pub fn len(&self) -> usize {
        self.told.len()
    }

    /// An error with all of them, if there are any.
    pub fn check(mut self) -> Result<(), Refusal> {
        if self.more > 0 {
            self.told.push(Refusal::More(self.more));
        }
        match self.told.len() {
            0 => Ok(()),
            1 => Err(self.told.swap_remove(0)),
            _ => Err(Refusal::Several(self.told)),
        }
    }
}
