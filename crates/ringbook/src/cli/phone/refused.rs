//! Tells which rows of a file are refused, and why.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{self, IsTerminal as _};

use crate::cli::api::{RefusedCause, RowResult, reason};
use crate::cli::format::print_error;
use crate::words::counted;

/// The most rows told on a terminal.
const SHOWN_MAX: u64 = 100;

/// The rows of one cause that are told one by one: a file may have one slip in each row.
const EQUAL_SHOWN: u64 = 3;

/// The causes that are summed up.
const CAUSES_MAX: usize = 20;

/// The refused rows that were told, and their causes.
#[derive(Default)]
pub struct Refused {
    told: u64,
    causes: HashMap<String, Cause>,
}

#[derive(Default)]
struct Cause {
    told: u64,
    rows: u64,
}

impl Refused {
    /// Tells a refused row, unless some with the same cause were told. A terminal gets the first rows, a
    /// file those of all causes.
    pub fn tell(&mut self, row: &RowResult) {
        let cause = self.causes.entry(reason(&row.errors)).or_default();
        cause.rows += 1;
        let has_room = self.told < SHOWN_MAX || !io::stderr().is_terminal();
        if has_room && cause.told < EQUAL_SHOWN {
            cause.told += 1;
            self.told += 1;
            print_error(row);
        }
    }

    /// Sums up the others of all refused rows. `causes` are known beside those of the rows here.
    pub fn tell_rest(mut self, rows: u64, causes: &[RefusedCause]) {
        for cause in causes {
            self.causes.entry(reason(&cause.errors)).or_default().rows = cause.rows;
        }
        let mut causes: Vec<_> =
            self.causes.iter().filter(|(_, cause)| cause.rows > cause.told.max(1)).collect();
        causes.sort_by_key(|(why, cause)| (Reverse(cause.rows), *why));
        let mut rest = rows.saturating_sub(self.told);
        for (why, cause) in causes.into_iter().take(CAUSES_MAX) {
            let more = cause.rows - cause.told;
            rest = rest.saturating_sub(more);
            print_error(format_args!("and {} more: {why}", counted(more, "row")));
        }
        if rest > 0 {
            let rest = counted(rest, "row");
            let how = "`--dry-run --keep-going 2> refused.txt` writes all of them to a file";
            print_error(format_args!("and {rest} more: {how}"));
        }
    }
}
