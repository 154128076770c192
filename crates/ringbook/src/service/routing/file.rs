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
use directory::routing::{Dialect, Hours, Pause, RingList, RingingPhone, Setting, Template, Value};
use directory::{
    AccountId, ApiKey, ApiKeys, Counters, KeyId, KeyName, KeyScope, PhoneId, PhoneName,
    PhoneNumber, Profile, SkillId, SkillName, Tokens, UserName,
};
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
    accounts: Vec<StoredAccount>,
}

#[derive(Serialize, Deserialize)]
struct StoredAccount {
    user_name: String,
    id: u32,
    version: u64,
    /// How old it was then.
    age_us: i64,
    key_sha256: [u8; 32],
    keys: Vec<StoredKey>,
    lists: Vec<StoredList>,
}

/// Id, name, scope, SHA-256, and when it was made and expires.
#[derive(Serialize, Deserialize)]
struct StoredKey(u64, String, String, [u8; 32], i64, Option<i64>);

#[derive(Serialize, Deserialize)]
struct StoredList {
    id: u32,
    name: String,
    version: u64,
    order: u64,
    /// How long before it was asked for last.
    asked_us: i64,
    mode: String,
    overflow: Option<u32>,
    hours: Option<String>,
    templates: [Option<String>; Dialect::ALL.len()],
    phones: Vec<StoredPhone>,
    phone_count: usize,
}

/// Id, number, name, ring time and delay in seconds, whether it must confirm, pause, hours.
#[derive(Serialize, Deserialize)]
struct StoredPhone(u32, String, String, u16, u16, bool, Option<String>, Option<String>);

/// The account's head, how old it was, and the lists, each with the time since it was asked for.
type Parsed = (AccountHead, i64, Vec<(RingList, i64)>);

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

/// Puts what the file has on the board. Times as those of the [`Board`], and by the machine's clock.
pub fn read(file: &Path, board: &Board, elapsed_us: i64, now_us: i64) -> Result<(), FileFault> {
    let content =
        read_content(file, |found| found.uid() == geteuid().as_raw() && found.mode() % 0o100 == 0)?;
    // By a clock that was set back, nothing was written in the future.
    let since_us = now_us.saturating_sub(content.written_us).max(0);
    let at_us = |ago_us: i64| elapsed_us.saturating_sub(since_us.saturating_add(ago_us.max(0)));
    let accounts: Option<Vec<_>> = content.accounts.into_iter().map(StoredAccount::parse).collect();
    for (head, age_us, lists) in accounts.ok_or(FileFault::Damaged)? {
        let rings = board.open(head.profile.user_name.as_str());
        rings.confirm(at_us(age_us));
        let lists = lists.into_iter().map(|(list, asked_us)| (list, at_us(asked_us)));
        rings.restore(head, lists);
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

/// Writes what is on the board.
pub fn write(file: &Path, board: &Board, elapsed_us: i64, now_us: i64) -> io::Result<()> {
    let mut bytes_max = BYTES_MAX;
    let text = loop {
        let text = encode(&content(board, bytes_max, elapsed_us, now_us));
        if text.len() <= BYTES_MAX {
            break text;
        }
        bytes_max = bytes_max / 4 * 3;
    };
    private::replace(file, |out| out.write_all(text.as_bytes()))
}

/// Takes an account out of a file. A file that is not whole is removed, as it may have what is to be
/// forgotten.
pub fn forget(file: &Path, account: AccountId) -> Result<(), FileFault> {
    let mut content = match read_content(file, |_| true) {
        Err(fault) if fault.is_missing() => return Ok(()),
        Err(FileFault::Damaged) => return Ok(fs::remove_file(file)?),
        content => content?,
    };
    content.accounts.retain(|stored| stored.id != account.0);
    Ok(private::replace(file, |out| out.write_all(encode(&content).as_bytes()))?)
}

fn encode(content: &Content) -> String {
    let body = serde_json::to_string(content).expect("plain values can be written");
    format!("{MAGIC}{VERSION}{}\n{body}", checksum(&body))
}

fn checksum(body: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(body))
}

fn content(board: &Board, bytes_max: usize, elapsed_us: i64, now_us: i64) -> Content {
    let all = board.all();
    let since_us = Board::since(&all, bytes_max);
    let store = |rings: &Arc<Rings>| StoredAccount::of(rings, since_us, elapsed_us);
    Content { written_us: now_us, accounts: all.iter().filter_map(store).collect() }
}

impl StoredAccount {
    fn of(rings: &Rings, since_us: i64, elapsed_us: i64) -> Option<Self> {
        let age_us = i64::try_from(rings.age(elapsed_us).as_micros()).unwrap_or(i64::MAX);
        let (head, version, lists) = rings.asked_since(since_us)?;
        let list = |(list, asked_us): &(Arc<RingList>, i64)| {
            StoredList::of(list, elapsed_us.saturating_sub(*asked_us))
        };
        Some(Self {
            user_name: head.profile.user_name.to_string(),
            id: head.id.0,
            version,
            age_us,
            key_sha256: head.profile.api_key_sha256,
            keys: head.keys.iter().map(StoredKey::of).collect(),
            lists: lists.iter().map(list).collect(),
        })
    }

    fn parse(self) -> Option<Parsed> {
        let id = AccountId(self.id);
        let profile = Profile::new(UserName::parse(&self.user_name).ok()?, self.key_sha256);
        let keys = self.keys.into_iter().map(StoredKey::parse).collect::<Option<ApiKeys>>()?;
        let tokens = Tokens::default();
        let counters = Counters { version: self.version, ..Counters::NEW };
        let lists = self.lists.into_iter().map(|list| list.parse(id)).collect::<Option<_>>()?;
        let head = AccountHead { id, profile, tokens, keys, counters };
        Some((head, self.age_us, lists))
    }
}

impl StoredKey {
    fn of(key: &ApiKey) -> Self {
        let ApiKey { id, name, scope, sha256, created_us, expires_us } = key;
        let (name, scope) = (name.as_str().to_owned(), scope.as_str().to_owned());
        Self(id.0, name, scope, *sha256, *created_us, *expires_us)
    }

    fn parse(self) -> Option<ApiKey> {
        let Self(id, name, scope, sha256, created_us, expires_us) = self;
        let (name, scope) = (KeyName::parse(&name).ok()?, KeyScope::parse(&scope)?);
        Some(ApiKey { id: KeyId(id), name, scope, sha256, created_us, expires_us })
    }
}

impl StoredList {
    fn of(list: &RingList, asked_us: i64) -> Self {
        Self {
            id: list.skill.0,
            name: list.name.to_string(),
            version: list.version,
            order: list.order,
            asked_us,
            mode: list.mode.as_str().to_owned(),
            overflow: list.overflow.map(|id| id.0),
            hours: text(list.hours.as_ref()),
            templates: list
                .templates
                .each_ref()
                .map(|template| template.as_ref().map(|template| template.as_str().to_owned())),
            phones: list.phones.iter().map(StoredPhone::of).collect(),
            phone_count: list.phone_count,
        }
    }

    fn parse(self, account: AccountId) -> Option<(RingList, i64)> {
        let template = |(dialect, text)| parse(text, |text| Template::parse(dialect, text));
        let templates = Dialect::ALL.into_iter().zip(self.templates).map(template);
        let templates: Vec<_> = templates.collect::<Result<_, _>>().ok()?;
        let phones: Option<Vec<_>> = self.phones.into_iter().map(StoredPhone::parse).collect();
        let Value::Mode(mode) = Value::parse(Setting::Mode, &self.mode).ok()? else { return None };
        let list = RingList {
            account,
            skill: SkillId(self.id),
            name: SkillName::parse_stored(&self.name).ok()?,
            version: self.version,
            order: self.order,
            mode,
            overflow: self.overflow.map(SkillId),
            hours: parse(self.hours, Hours::parse).ok()?,
            templates: templates.try_into().ok()?,
            phones: phones?.into(),
            phone_count: self.phone_count,
        };
        Some((list, self.asked_us))
    }
}

impl StoredPhone {
    fn of(phone: &RingingPhone) -> Self {
        let RingingPhone { id, number, name, ring_time_s, delay_s, confirm, pause, hours } = phone;
        let (number, name) = (number.to_string(), name.to_string());
        let (pause, hours) = (text(pause.as_ref()), text(hours.as_ref()));
        Self(id.0, number, name, *ring_time_s, *delay_s, *confirm, pause, hours)
    }

    fn parse(self) -> Option<RingingPhone> {
        let Self(id, number, name, ring_time_s, delay_s, confirm, pause, hours) = self;
        Some(RingingPhone {
            id: PhoneId(id),
            number: PhoneNumber::parse(&number).ok()?,
            name: PhoneName::parse(&name).ok()?,
            ring_time_s,
            delay_s,
            confirm,
            pause: parse(pause, Pause::parse).ok()?,
            hours: parse(hours, Hours::parse).ok()?,
        })
    }
}

fn text(value: Option<&Arc<impl ToString>>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// A value, if there is one.
fn parse<T, E>(
    text: Option<String>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<Arc<T>>, E> {
    text.map(|text| parse(&text).map(Arc::new)).transpose()
}
