//! The file with the published ring lists and what authenticates those who ask for them: what a server
//! routes calls by that starts while the store is away.
//!
//! A line with a version and a checksum, and then JSON. What is not whole, or is no value that the rules
//! allow, is not used at all.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::routing::RingList;
use directory::{AccountId, ApiKey, Counters, Profile, Tokens, UserName};
use rustix::process::geteuid;
use serde::{Deserialize, Serialize};

use super::board::{Board, Rings};
use crate::private;
use crate::secret::sha256;
use crate::store::AccountHead;

/// What each version of the file begins with.
const MAGIC: &str = "ringbook ring lists ";

/// What follows in this version, before a checksum of all after the line.
const VERSION: &str = "1 sha256:";

/// The most bytes of the file. The lists that were not asked for longest are left out.
const BYTES_MAX: usize = 16 << 20;

#[derive(Serialize, Deserialize)]
struct Content {
    /// By the machine's clock, microseconds UTC.
    written_us: i64,
    /// The same as a time of the [`Board`], as are all times below.
    elapsed_us: i64,
    accounts: Vec<Remembered>,
}

/// What is published of an account.
#[derive(Serialize, Deserialize)]
struct Remembered {
    user_name: UserName,
    id: AccountId,
    version: u64,
    key_sha256: [u8; 32],
    keys: Vec<ApiKey>,
    confirmed_us: i64,
    /// Each with the time when it was asked for last.
    lists: Vec<(Arc<RingList>, i64)>,
}

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it is of another program")]
    Foreign,
    #[error("it is damaged, or of another version of Ringbook")]
    Damaged,
    #[error("others than the user of this process can read or write it")]
    Shared,
}

impl FileFault {
    /// Whether the file is none to write over.
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::Foreign | Self::Shared)
    }

    /// Whether there is no file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

/// Puts what the file has on the board. `now_us` by the machine's clock.
pub fn read(file: &Path, board: &Board, now_us: i64) -> Result<(), FileFault> {
    let content =
        read_content(file, |found| found.uid() == geteuid().as_raw() && found.mode() % 0o100 == 0)?;
    // By a clock that was set back, nothing was written in the future.
    let since_us = now_us.saturating_sub(content.written_us).max(0);
    let written_us = board.now_us().saturating_sub(since_us);
    let shift_us = written_us.saturating_sub(content.elapsed_us);
    for Remembered { user_name, id, version, key_sha256, keys, confirmed_us, lists } in
        content.accounts
    {
        let rings = board.open(user_name.as_str());
        rings.confirm(confirmed_us.saturating_add(shift_us));
        let (keys, tokens) = (keys.into_iter().collect(), Tokens::default());
        let counters = Counters { version, ..Counters::NEW };
        let profile = Profile::new(user_name, key_sha256);
        let lists =
            lists.into_iter().map(|(list, asked_us)| (list, asked_us.saturating_add(shift_us)));
        rings.restore(AccountHead { id, profile, tokens, keys, counters }, lists);
    }
    Ok(())
}

fn read_content(
    file: &Path,
    is_ours: impl FnOnce(&Metadata) -> bool,
) -> Result<Content, FileFault> {
    let found = fs::metadata(file)?;
    if !is_ours(&found) {
        return Err(FileFault::Shared);
    }
    if found.len() > BYTES_MAX as u64 {
        return Err(FileFault::Foreign);
    }
    let bytes = private::read(file)?;
    if !bytes.starts_with(MAGIC.as_bytes()) && !MAGIC.as_bytes().starts_with(&bytes) {
        return Err(FileFault::Foreign);
    }
    let text = String::from_utf8(bytes).map_err(|_| FileFault::Damaged)?;
    let rest = text.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix(VERSION));
    let (found, body) = rest.and_then(|rest| rest.split_once('\n')).ok_or(FileFault::Damaged)?;
    if found != checksum(body) {
        return Err(FileFault::Damaged);
    }
    serde_json::from_str(body).map_err(|_| FileFault::Damaged)
}

/// Writes what is on the board. `now_us` by the machine's clock.
pub fn write(file: &Path, board: &Board, now_us: i64) -> io::Result<()> {
    let all = board.all();
    let mut bytes_max = BYTES_MAX;
    let text = loop {
        let since_us = Board::since(&all, bytes_max);
        let accounts = all.iter().filter_map(|rings| Remembered::of(rings, since_us)).collect();
        let content = Content { written_us: now_us, elapsed_us: board.now_us(), accounts };
        let text = encode(&content);
        if text.len() <= BYTES_MAX {
            break text;
        }
        bytes_max = bytes_max / 4 * 3;
    };
    private::replace(file, |out| out.write_all(text.as_bytes()))
}

impl Remembered {
    fn of(rings: &Rings, since_us: i64) -> Option<Self> {
        let (head, lists) = rings.asked_since(since_us)?;
        Some(Self {
            user_name: head.profile.user_name.clone(),
            id: head.id,
            version: head.counters.version,
            key_sha256: head.profile.api_key_sha256,
            keys: head.keys.to_vec(),
            confirmed_us: rings.confirmed_us(),
            lists,
        })
    }
}

/// Takes an account out of a file. A file that is not whole is removed, as it may have what is to be
/// forgotten.
pub fn forget(file: &Path, account: AccountId) -> Result<(), FileFault> {
    let mut content = match read_content(file, |_| true) {
        Err(fault) if fault.is_missing() => return Ok(()),
        Err(FileFault::Damaged) => return Ok(fs::remove_file(file)?),
        content => content?,
    };
    content.accounts.retain(|stored| stored.id != account);
    Ok(private::replace(file, |out| out.write_all(encode(&content).as_bytes()))?)
}

fn encode(content: &Content) -> String {
    let body = serde_json::to_string(content).expect("plain values can be written");
    format!("{MAGIC}{VERSION}{}\n{body}", checksum(&body))
}

fn checksum(body: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(body))
}
