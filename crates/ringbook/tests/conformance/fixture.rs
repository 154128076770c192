//! The fixtures: accounts as they are before a case. `fixtures/sample.toml` explains the format.

use std::path::PathBuf;
use std::sync::Arc;

use directory::{
    ApiAuthentication, Command, PhoneName, PhoneNumber, Profile, ProfileEdit, SkillEdit, SkillName,
    UserName,
};
use ringbook::secret::ApiKey;
use ringbook::service::Service;
use ringbook::store::{Origin, RequestId};
use serde::Deserialize;

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
pub async fn create(service: &Service, account: &Account) {
    let user_name = UserName::parse(&account.user_name).expect("a userName");
    let api_key = ApiKey::parse(&account.api_key).expect("an API key");
    let authentication = ApiAuthentication::parse(&account.authentication);
    let profile = Profile {
        api_authentication: authentication.expect("a way of authentication"),
        ..Profile::new(user_name, api_key.sha256())
    };
    let created = service.create_account(&profile, &origin(service), None).await;
    let created = created.expect("the store answers");
    created.expect("a fixture has each userName once");
    for command in commands(account) {
        let tenant = service.tenant(&account.user_name).await.expect("it was made");
        let outcome = service.execute(&tenant, command, origin(service)).await;
        let outcome = outcome.expect("a fixture keeps the rules");
        assert_eq!(outcome.skill_fault, None, "a fixture assigns skills that exist");
    }
}

fn origin(service: &Service) -> Origin {
    service.origin(RequestId(0), &Arc::from("fixture"))
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
