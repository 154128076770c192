//! The account `acme` of a service in the test's own process, and what is done to it.

use std::sync::Arc;

use directory::routing::Setting;
use directory::{
    Command, KeyName, KeyScope, NewKey, PhoneId, PhoneLookup, PhoneName, PhoneNumber, Profile,
    RoutingOf, SettingEdit, SkillEdit, SkillName, UserName,
};
use ringbook::secret::sha256;
use ringbook::service::{Authority, CommandRequest, Outcome, Service};
use ringbook::store::{Origin, RequestId};

use super::block_on;

/// Where what an operator does at the command line comes from.
pub fn origin(service: &Service) -> Origin {
    service.origin(RequestId(0), &Arc::from("cli:asha"))
}

/// Creates an account with this key of its own.
#[track_caller]
pub fn create_account(service: &Service, user_name: &str, key: &str) {
    let profile = Profile::new(UserName::parse(user_name).unwrap(), sha256(key));
    let origin = origin(service);
    let created = service.create_account(&Authority::Store, &profile, &origin, None);
    block_on(created).unwrap().expect("the name is free");
}

/// Carries out a command.
#[track_caller]
pub fn execute(service: &Service, command: Command) -> Outcome {
    let tenant = block_on(service.tenant("acme")).unwrap();
    let request = CommandRequest::new(command, origin(service));
    block_on(service.execute(&tenant, request)).unwrap()
}

/// Creates a key that does not expire.
#[track_caller]
pub fn create_key(service: &Service, name: &str, scope: KeyScope, key: &str) {
    let (name, sha256) = (KeyName::parse(name).unwrap(), sha256(key));
    let key = NewKey { name, scope, sha256, created_us: 0, expires_us: None };
    execute(service, Command::CreateKey(key));
}

/// Creates skills and phones: each number with its name and its skills.
#[track_caller]
pub fn fill(service: &Service, skills: &[&str], phones: &[(&str, &str, &[&str])]) {
    let names: Vec<_> = skills.iter().map(|skill| SkillName::parse(skill).unwrap()).collect();
    if !names.is_empty() {
        execute(service, Command::CreateSkills { names });
    }
    for (number, name, skills) in phones {
        let assign = skills.iter().map(|&skill| skill.to_owned()).collect();
        let (number, name) = (PhoneNumber::parse(number).unwrap(), PhoneName::parse(name).unwrap());
        let skills = SkillEdit { assign, ..SkillEdit::default() };
        execute(service, Command::CreatePhone { number, name, skills });
    }
}

/// Sets or removes routing settings, each of all or in a skill.
#[track_caller]
pub fn set_routing(service: &Service, of: RoutingOf, edits: &[(Option<&str>, &str, Option<&str>)]) {
    let edit = |(in_skill, setting, value): &(Option<&str>, &str, Option<&str>)| SettingEdit {
        in_skill: in_skill.map(str::to_owned),
        setting: Setting::parse(setting).unwrap(),
        value: value.map(str::to_owned),
    };
    let edits = edits.iter().map(edit).collect();
    execute(service, Command::EditRouting { of, edits, expected_version: None });
}

/// The phone `p1`, `p2`, …
pub fn phone(id: u32) -> PhoneLookup {
    PhoneLookup::by_id(PhoneId(id))
}
