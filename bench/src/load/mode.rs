//! What the requests of a load do.

use clap::ValueEnum;

use super::pages;
use crate::wire::SUCCESS;

/// What the requests of a load do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Every request changes the number, the name and two skills of a phone.
    Edit,
    /// Every request asks for the name that belongs to a number.
    Get,
    /// Every request asks the native API for the first page of an account's phones with a skill.
    List,
}

impl Mode {
    /// The body that a server answers with which gives every request a fixed reply.
    pub fn fixed_reply(self) -> Vec<u8> {
        match self {
            Self::Edit | Self::Get => SUCCESS.into(),
            Self::List => pages::fixed(),
        }
    }
}
