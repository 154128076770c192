//! `ringbook serve --demo`: makes the account of the vendor's example and prints calls to it.

use std::io::Write as _;
use std::sync::Arc;

use directory::{Command, PhoneName, PhoneNumber, Profile, SkillEdit, SkillName, UserName};

use super::context::CliError;
use super::format::{key_not_shown, print_error};
use crate::http::phone_manage::PATH;
use crate::http::{RequestIds, console};
use crate::secret::ApiKey;
use crate::service::{Authority, CommandRequest, Service};

const USER_NAME: &str = "demo";
const SKILLS: [&str; 5] = ["General", "QA_Skill", "kolm", "lok", "Python"];
const NUMBER: &str = "919876543210";
const NAME: &str = "Ravi";

/// Makes the account on an empty store and prints calls to it.
pub async fn prepare(
    service: &Service,
    base_url: &str,
    console: &mut Option<console::Options>,
) -> Result<(), CliError> {
    if !service.accounts("", 1).await?.is_empty() {
        print_error(format_args!(
            "ringbook: the store has accounts already, so none is made for the demo. \
             `ringbook account key rotate --account {USER_NAME}` prints a new key; \
             `--store memory:` begins anew."
        ));
        return Ok(());
    }
    let api_key = ApiKey::make();
    let user_name = UserName::parse(USER_NAME).expect("a userName");
    let origin = service.origin(RequestIds::default().next(), &Arc::from("demo"));
    service
        .create_account(
            &Authority::Store,
            &Profile::new(user_name, api_key.sha256()),
            &origin,
            None,
        )
        .await?;
    let tenant = service.tenant(USER_NAME).await?;
    let names = SKILLS.map(|name| SkillName::parse(name).expect("a skill's name")).to_vec();
    let skills = CommandRequest::new(Command::CreateSkills { names }, origin.clone());
    service.execute(&tenant, skills).await?;
    let assign = ["kolm", "lok", "Python"].map(str::to_owned).to_vec();
    let phone = Command::CreatePhone {
        number: PhoneNumber::parse(NUMBER).expect("a number"),
        name: PhoneName::parse(NAME).expect("a name"),
        skills: SkillEdit { assign, ..SkillEdit::default() },
    };
    service.execute(&tenant, CommandRequest::new(phone, origin)).await?;
    let mut invitation = invitation(&api_key, base_url);
    if let Some(console) = console {
        let (demo, path) = console::Demo::new(USER_NAME, api_key);
        console.demo = Some(demo);
        invitation.extend([
            "Open the directory in a browser, with a link that signs in once:\n\n",
            base_url,
            &path,
            "\n\n",
        ]);
    }
    write!(std::io::stdout(), "{invitation}").map_err(|error| {
        let instead =
            format!("`ringbook account key rotate --account {USER_NAME}` makes another one");
        key_not_shown("the account's API key", &error, &instead)
    })
}

fn invitation(api_key: &ApiKey, base_url: &str) -> String {
    let (key, skill) = (api_key.reveal(), SKILLS[0]);
    format!(
        "\
The account \"{USER_NAME}\" has the skills {} and the phone {NUMBER} \"{NAME}\".
Its API key, shown only now: {key}

Edit the phone:

curl {base_url}{PATH} -H 'apiKey: {key}' -H 'Content-Type: application/json' -d '{{
  \"userName\": \"{USER_NAME}\",
  \"action\": \"edit\",
  \"phoneNumber\": \"{NUMBER}\",
  \"phoneName\": \"{NAME}\",
  \"phoneNumberNew\": \"919876543211\",
  \"phoneNameNew\": \"Ravi.K\",
  \"unAssignSkill\": \"kolm,lok,Python\",
  \"assignSkill\": \"General,QA_Skill,kolm,lok,Python\"
}}'

Ask which phones ring for {skill}, in their order:

curl -u {USER_NAME}:{key} {base_url}/v1/skills/{skill}/ring-order

",
        SKILLS.join(", ")
    )
}
