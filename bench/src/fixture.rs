//! The accounts, phones and skills of the benchmark, all computed from their index.
//!
//! Import files and requests are written by the same functions, so they agree. Every phone has two
//! variants, and an edit takes it from one to the other.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The skills of every account.
pub const SKILLS: [&str; 10] = [
    "Sales",
    "Support",
    "Billing",
    "Hindi",
    "Tamil",
    "English",
    "Premium",
    "Returns",
    "Technical",
    "Spanish",
];

/// First parts of names in the day variant.
const DAY_NAMES: [&str; 8] =
    ["Asha", "Ravi", "Meena", "Arjun", "Kavya", "Rohan", "Divya", "Vikram"];

/// First parts of names in the night variant, of the same lengths.
const NIGHT_NAMES: [&str; 8] =
    ["Usha", "Hari", "Leela", "Kiran", "Priya", "Nikil", "Sneha", "Suresh"];

/// Coprime with 10, so that multiplying permutes the nine-digit numbers: phones that are
/// neighbours in an import are scattered in an index, as they are in real life.
const SCATTER: u64 = 387_420_489;

/// Which of its two numbers, names and sets of skills a phone has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    /// The variant that is imported.
    Day,
    /// The other one.
    Night,
}

impl Variant {
    /// The variant that an edit leads to.
    pub fn other(self) -> Self {
        match self {
            Self::Day => Self::Night,
            Self::Night => Self::Day,
        }
    }
}

/// A phone in the variant that it was last seen in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Phone {
    /// The index of its account.
    pub account: u32,
    /// Its index in the account.
    pub index: u32,
    pub variant: Variant,
}

/// One account of the benchmark.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its user name, as in `userName`.
    pub user_name: String,
    /// Its API key, as in the header `apiKey`.
    pub api_key: String,
    /// How many phones it has, with the indexes `0..phones`.
    pub phones: u32,
}

impl Account {
    /// The account with this number; its key is computed from the number.
    pub fn new(number: u32, phones: u32) -> Self {
        Self {
            user_name: format!("bench-{number:04}"),
            api_key: format!("KK{:032x}", u128::from(number) + 0xBE9C_0000_0000),
            phones,
        }
    }

    /// `count` accounts of equal size.
    pub fn series(count: u32, phones: u32) -> Vec<Self> {
        (0..count).map(|number| Self::new(number, phones)).collect()
    }

    /// Its value of the header `Authorization` in the native API.
    pub fn authorization(&self) -> String {
        let Self { user_name, api_key, .. } = self;
        format!("Basic {}", STANDARD.encode(format!("{user_name}:{api_key}")))
    }

    /// Writes the file for `ringbook phone import`.
    pub fn write_csv(&self, mut out: impl Write) -> io::Result<()> {
        out.write_all(b"phoneNumber,phoneName,skills\n")?;
        let mut line = Vec::new();
        for phone in 0..self.phones {
            line.clear();
            push_number(&mut line, phone, Variant::Day);
            line.push(b',');
            push_name(&mut line, phone, Variant::Day);
            line.extend_from_slice(b",\"");
            push_skills(&mut line, skills(phone, Variant::Day));
            line.extend_from_slice(b"\"\n");
            out.write_all(&line)?;
        }
        out.flush()
    }
}

/// The id of a phone: ids are given in the order of the import, from 1 on.
pub fn id(phone: u32) -> String {
    format!("p{}", phone + 1)
}

/// The number of a phone.
pub fn number(phone: u32, variant: Variant) -> String {
    text(|out| push_number(out, phone, variant))
}

/// The name of a phone.
pub fn name(phone: u32, variant: Variant) -> String {
    text(|out| push_name(out, phone, variant))
}

fn text(push: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    push(&mut out);
    String::from_utf8(out).expect("it is ASCII")
}

/// Appends the number of a phone: `+91`, one digit for the variant and nine more.
pub fn push_number(out: &mut Vec<u8>, phone: u32, variant: Variant) {
    out.extend_from_slice(match variant {
        Variant::Day => b"+917",
        Variant::Night => b"+918",
    });
    push_digits::<9>(out, u64::from(phone) * SCATTER % 1_000_000_000);
}

/// Appends the name of a phone, such as `Asha.000123`.
pub fn push_name(out: &mut Vec<u8>, phone: u32, variant: Variant) {
    let names = match variant {
        Variant::Day => &DAY_NAMES,
        Variant::Night => &NIGHT_NAMES,
    };
    out.extend_from_slice(names[phone as usize % names.len()].as_bytes());
    out.push(b'.');
    push_digits::<6>(out, u64::from(phone));
}

/// The two skills that a phone has in this variant only. It always keeps a third one.
pub fn moving_skills(phone: u32, variant: Variant) -> [&'static str; 2] {
    match variant {
        Variant::Day => [skill(phone, 1), skill(phone, 2)],
        Variant::Night => [skill(phone, 3), skill(phone, 4)],
    }
}

/// All skills that a phone has in this variant, the one that it always keeps first.
pub fn skills(phone: u32, variant: Variant) -> [&'static str; 3] {
    let [one, other] = moving_skills(phone, variant);
    [skill(phone, 0), one, other]
}

/// Appends a comma-separated list of skills.
pub fn push_skills(out: &mut Vec<u8>, skills: impl IntoIterator<Item = &'static str>) {
    for (index, skill) in skills.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(skill.as_bytes());
    }
}

fn skill(phone: u32, offset: u32) -> &'static str {
    SKILLS[(phone + offset) as usize % SKILLS.len()]
}

/// Appends exactly `N` decimal digits. `write!` would cost more than the rest of a request,
/// and the load generator shares its processors with the server under test.
fn push_digits<const N: usize>(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(value % 10).expect("a digit is below ten");
        value /= 10;
    }
    assert_eq!(value, 0, "the value has more than {N} digits");
    out.extend_from_slice(&digits);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_and_names_are_unique_over_both_variants() {
        let mut numbers = HashSet::new();
        let mut names = HashSet::new();
        for phone in 0..50_000 {
            for variant in [Variant::Day, Variant::Night] {
                assert!(numbers.insert(number(phone, variant)));
                assert!(names.insert(name(phone, variant).to_lowercase()));
            }
        }
    }

    #[test]
    fn skills_of_the_variants_do_not_overlap() {
        for phone in 0..20 {
            let day = moving_skills(phone, Variant::Day);
            let night = moving_skills(phone, Variant::Night);
            let kept = skill(phone, 0);
            let all: HashSet<_> = day.into_iter().chain(night).chain([kept]).collect();
            assert_eq!(all.len(), 5);
        }
    }

    #[test]
    fn import_file_has_a_header_and_quoted_skills() {
        let mut csv = Vec::new();
        Account::new(7, 2).write_csv(&mut csv).unwrap();
        assert_eq!(
            String::from_utf8(csv).unwrap(),
            "phoneNumber,phoneName,skills\n\
             +917000000000,Asha.000000,\"Sales,Support,Billing\"\n\
             +917387420489,Ravi.000001,\"Support,Billing,Hindi\"\n"
        );
    }

    #[test]
    fn key_has_the_documented_shape() {
        let key = Account::new(41, 1).api_key;
        assert_eq!(key.len(), 34);
        assert!(key.starts_with("KK"));
        assert!(key[2..].bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
    }
}
