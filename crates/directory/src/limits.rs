//! The limits of the rules, with their reasons.

/// Fewest digits of a phone number (contract, "Values").
pub const PHONE_NUMBER_DIGITS_MIN: usize = 3;
/// Most digits of a phone number (contract, "Values"); with a leading `+`, 17 characters.
pub const PHONE_NUMBER_DIGITS_MAX: usize = 16;
/// Fewest characters of a phone's name, a leading `+` included (contract, "Values").
pub const PHONE_NAME_CHARACTERS_MIN: usize = 2;
/// Most characters of a phone's name (contract, "Values").
pub const PHONE_NAME_CHARACTERS_MAX: usize = 50;
/// Most characters of a skill's name (contract, "The state behind it").
pub const SKILL_NAME_CHARACTERS_MAX: usize = 64;
/// Most characters of a `userName` (contract, "The state behind it").
pub const USER_NAME_CHARACTERS_MAX: usize = 64;
/// Fewest characters of an API key that an operator brings (contract, "The state behind it").
pub const API_KEY_CHARACTERS_MIN: usize = 8;
/// Most characters of an API key that an operator brings.
pub const API_KEY_CHARACTERS_MAX: usize = 128;
/// The creation limit of an account that names none (contract, "The state behind it").
pub const PHONE_NUMBER_LIMIT_DEFAULT: u32 = 1000;
/// The highest creation limit: far above any contact centre, and 2 GiB of phones in memory.
pub const PHONE_NUMBER_LIMIT_MAX: u32 = 16_000_000;
/// Most skills of an account. A skill's id has 20 bits in an [`Assignment`](crate::Assignment).
pub const SKILLS_MAX: usize = 10_000;
/// The highest ring position that a caller can give. Later phones get higher ones: as many are left.
pub const RING_POSITION_MAX: u64 = 1 << 43;
/// Skills with similar names that are told where one is not found.
pub(crate) const ALIKE_MAX: usize = 3;
/// How similar a name must be for that, from 0 to 1: one or two letters may differ.
pub(crate) const SIMILARITY_MIN: f64 = 0.85;
/// Names of skills of one command that are compared with all others to find what was meant.
pub(crate) const HINTS_MAX: usize = 10;
/// Blocked changes that the refusal of a revert names; it counts the others.
pub const BLOCKED_NAMED_MAX: usize = 10;
/// Most faults of a command that are reported; the rest are counted. A request with more is most
/// likely another one than its sender thinks.
pub const FAULTS_MAX: usize = 100;
/// The same for one of several commands.
pub const ROW_FAULTS_MAX: usize = 10;
/// Most characters of a caller's text in a message: more than any valid name has.
pub const QUOTED_CHARACTERS_MAX: usize = 100;
/// Tokens that an account can have made within [`TOKEN_WINDOW_US`] (contract, "Generate Token").
pub const TOKENS_PER_WINDOW: usize = 10;
/// The window of [`TOKENS_PER_WINDOW`]: an hour, in microseconds.
pub const TOKEN_WINDOW_US: i64 = 3_600_000_000;
/// How long a token is valid: 60 minutes, in microseconds (contract, "Generate Token").
pub const TOKEN_VALID_US: i64 = 3_600_000_000;
/// Most characters of the name of an API key.
pub const KEY_NAME_CHARACTERS_MAX: usize = 64;
/// Most API keys of an account besides its main key: wrong credentials are compared with each.
pub const KEYS_MAX: usize = 100;
/// How long a phone rings where no ring time is set, in seconds.
pub const RING_TIME_DEFAULT_S: u16 = 20;
/// The longest ring time, in seconds: any caller has hung up by then.
pub const RING_TIME_MAX_S: u16 = 600;
/// The longest delay before a phone rings, in seconds.
pub const DELAY_MAX_S: u16 = 600;
/// Most skills that a call goes on to one after another: an edit that makes more is refused.
pub const OVERFLOWS_MAX: usize = 10;
/// Most characters of the reason of a pause. Phone systems show it in a column.
pub const PAUSE_REASON_CHARACTERS_MAX: usize = 80;
/// Most characters of hours as text: some 50 exceptions, of which a year has a dozen.
pub const HOURS_CHARACTERS_MAX: usize = 1_000;
/// Most characters of a template of addresses.
pub const TEMPLATE_CHARACTERS_MAX: usize = 128;
