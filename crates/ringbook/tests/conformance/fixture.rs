//! The fixtures: accounts as they are before a case. `fixtures/sample.toml` explains the format.

use std::path::PathBuf;
use std::sync::Arc;

use directory::{
    ApiAuthentication, Command, KeyId, KeyName, KeyScope, NewKey, PhoneName, PhoneNumber, Profile,
    ProfileEdit, SkillEdit, SkillName, UserName,
};
use ringbook::secret::ApiKey;
use ringbook::service::{Authority, CommandRequest, Service};
use ringbook::store::{Origin, RequestId};
use serde::Deserialize;
use test_support::block_on;

use crate::case;

/// An account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub user_name: String,
    api_key: String,
    authentication: String,
    phone_number_limit: u32,
    pub skills: Vec<String>,
    pub phones: Vec<Phone>,
    rotated: Option<Rotated>,
    #[serde(default)]
    keys: Vec<NamedKey>,
}

/// The key that has taken the place of the account's own one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotated {
    api_key: String,
    overlap_s: i64,
}

/// Another key of an account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedKey {
    name: String,
    scope: String,
    api_key: String,
    expires_in_s: Option<i64>,
}

/// A phone of an account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    pub number: String,
    pub name: String,
    pub skills: Vec<String>,
}

/// Where a fixture stands.
pub fn file(name: &str) -> PathBuf {
    case::path(&format!("fixtures/{name}.toml"))
}

/// Reads a fixture.
pub fn read(name: &str) -> Vec<Account> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Accounts {
        account: Vec<Account>,
    }
    case::parse::<Accounts>(&file(name)).account
}

/// Makes the account through the service, as an operator would.
pub fn create(service: &Service, account: &Account) {
    let user_name = UserName::parse(&account.user_name).expect("a userName");
    let api_key = ApiKey::parse(&account.api_key).expect("an API key");
    let authentication = ApiAuthentication::parse(&account.authentication);
    let profile = Profile {
        api_authentication: authentication.expect("a way of authentication"),
        ..Profile::new(user_name, api_key.sha256())
    };
    let created =
        block_on(service.create_account(&Authority::Store, &profile, &origin(service), None));
    created.expect("the store answers").expect("a fixture has each userName once");
    for command in commands(account).into_iter().chain(keys(account, origin(service).at_us)) {
        let tenant = block_on(service.tenant(&account.user_name)).expect("it was made");
        let request = CommandRequest::new(command, origin(service));
        let outcome = block_on(service.execute(&tenant, request));
        let outcome = outcome.expect("a fixture keeps the rules");
        assert_eq!(outcome.skill_fault, None, "a fixture assigns skills that exist");
    }
}

fn origin(service: &Service) -> Origin {
    service.origin(RequestId(0), &Arc::from("fixture"))
}

/// What makes the keys what they are.
fn keys(account: &Account, now_us: i64) -> Vec<Command> {
    let sha256 = |text: &str| ApiKey::parse(text).expect("an API key").sha256();
    let later_us = |seconds: i64| now_us + seconds * 1_000_000;
    let made = account.keys.iter().map(|key| {
        Command::CreateKey(NewKey {
            name: KeyName::parse(&key.name).expect("a name"),
            scope: KeyScope::parse(&key.scope).expect("a scope"),
            sha256: sha256(&key.api_key),
            created_us: now_us,
            expires_us: key.expires_in_s.map(later_us),
        })
    });
    let rotated = account.rotated.iter().map(|rotated| Command::RotateKey {
        id: KeyId::MAIN,
        sha256: sha256(&rotated.api_key),
        now_us,
        old_expires_us: later_us(rotated.overlap_s),
    });
    made.chain(rotated).collect()
}

/// What makes the account what it is. The limit comes last: it may be lower than what is held.
fn commands(account: &Account) -> Vec<Command> {
    let skill = |name: &String| SkillName::parse(name).expect("the name of a skill");
    let names = account.skills.iter().map(skill).collect();
    let phones = account.phones.iter().map(|phone| Command::CreatePhone {
        number: PhoneNumber::parse(&phone.number).expect("a number"),
        name: PhoneName::parse(&phone.name).expect("a name"),
        skills: SkillEdit { assign: phone.skills.clone(), ..SkillEdit::default() },
    });
    let phone_number_limit = Some(account.phone_number_limit);
    let limit = ProfileEdit { phone_number_limit, ..ProfileEdit::default() };
    let mut commands = vec![Command::CreateSkills { names }];
    commands.extend(phones);
    commands.push(Command::EditProfile(limit));
    commands
}
