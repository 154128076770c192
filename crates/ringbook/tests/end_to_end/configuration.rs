//! Settings: on the command line, in the environment, in a file.

use std::process::Command;

use serde_json::{Map, Value, json};

use test_support::{Home, Server, wait_for_text};

/// What a setting can be: in a file, in the environment, and on the command line, of which a flag
/// says only yes.
const SAMPLES: [(&str, &str, &str, &str); 21] = [
    ("store", "\"sqlite:file.db\"", "sqlite:variable.db", "sqlite:option.db"),
    ("no-migrate", "true", "false", ""),
    ("listen", "\"127.0.0.1:1\"", "127.0.0.1:2", "127.0.0.1:3"),
    ("tls-cert", "\"file.pem\"", "variable.pem", "option.pem"),
    ("tls-key", "\"file.key\"", "variable.key", "option.key"),
    ("trusted-proxy", "[\"10.0.0.0/8\"]", "192.0.2.1", "::1"),
    ("cors-origin", "[\"https://a.example\"]", "https://b.example", "http://localhost:3000"),
    ("failed-credentials-limit", "0", "5", "6"),
    ("rate-limit-account", "1000", "20", "30"),
    ("rate-limit-key", "\"10/20\"", "20/40", "30/60"),
    ("metrics-listen", "\"127.0.0.1:4\"", "127.0.0.1:5", "127.0.0.1:6"),
    ("history-days", "400", "30", "7"),
    ("routing-cache", "\"file.lists\"", "variable.lists", "option.lists"),
    ("routing-max-age", "\"1h\"", "90m", "2h 30m"),
    ("backups", "\"file.d\"", "variable.d", "option.d"),
    ("no-request-log", "true", "false", ""),
    ("no-console", "true", "false", ""),
    ("no-console-operator", "true", "false", ""),
    ("demo", "true", "false", ""),
    ("log-format", "\"json\"", "text", "json"),
    ("log", "\"warn\"", "error", "debug"),
];

/// The program without the settings that all other tests give it.
fn bare(home: &Home) -> Command {
    let mut command = home.command();
    command.env_remove("RINGBOOK_STORE");
    command
}

#[track_caller]
fn stdout(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn in_effect(command: &mut Command) -> Map<String, Value> {
    serde_json::from_str(&stdout(command.args(["config", "--format", "json"]))).unwrap()
}

fn write_samples(home: &Home) {
    let lines = SAMPLES.iter().map(|(name, file, ..)| format!("{name} = {file}\n"));
    std::fs::write(home.path("ringbook.toml"), lines.collect::<String>()).unwrap();
}

fn variable(name: &str) -> String {
    format!("RINGBOOK_{}", name.replace('-', "_").to_uppercase())
}

/// What JSON has for the sample of a file, or of the environment.
fn value(sample: &str, like: &Value) -> Value {
    let unquoted = || json!(sample.trim_matches('"'));
    match like {
        Value::Array(_) if !sample.starts_with('[') => json!([unquoted()]),
        Value::String(_) => unquoted(),
        _ => serde_json::from_str(sample).unwrap(),
    }
}

/// Every option of `serve`, and those that all commands share, can be set in every place; the
/// command line is stronger than the environment, and that than the file.
#[test]
fn reads_every_setting_from_every_source() {
    let home = Home::new();
    let names: Vec<_> = in_effect(&mut bare(&home)).keys().cloned().collect();
    let mut sampled: Vec<_> = SAMPLES.map(|(name, ..)| name).into();
    sampled.sort_unstable();
    assert_eq!(names, sampled, "there is a sample of each setting");
    let help = home.ok(&["serve", "--help"]);
    let options = help.lines().filter_map(|line| line.trim_start().strip_prefix("--"));
    for option in options.map(|option| option.split([' ', ',']).next().unwrap()) {
        let is_setting = names.iter().any(|name| name == option);
        let is_other = ["config", "help", "server", "key-file"].contains(&option);
        assert!(is_setting || is_other, "{option} is no setting");
    }

    write_samples(&home);
    let from_file = in_effect(&mut bare(&home));
    let mut command = bare(&home);
    command.envs(SAMPLES.map(|(name, _, sample, _)| (variable(name), sample)));
    let from_environment = in_effect(&mut command);
    for (name, _, _, sample) in SAMPLES {
        command.arg(format!("--{name}"));
        command.args((!sample.is_empty()).then_some(sample));
    }
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    assert_eq!(arguments[..3], ["config", "--format", "json"]);
    let from_command_line: Map<_, _> = serde_json::from_str(&stdout(&mut command)).unwrap();

    for (index, (name, file, environment, option)) in SAMPLES.into_iter().enumerate() {
        let expected = |sample: &str, source: String| json!({"value": value(sample, &from_file[name]["value"]), "source": source});
        let line = format!("ringbook.toml:{}", index + 1);
        assert_eq!(from_file[name], expected(file, line), "{name}");
        assert_eq!(from_environment[name], expected(environment, variable(name)), "{name}");
        let option = if option.is_empty() { "true" } else { option };
        assert_eq!(from_command_line[name], expected(option, format!("--{name}")), "{name}");
    }
}

/// What `config` prints is a file with the same settings.
#[test]
fn prints_a_configuration_that_can_be_read() {
    let home = Home::new();
    write_samples(&home);
    for file in ["ringbook.toml", "/dev/null"] {
        let printed = stdout(bare(&home).args(["--config", file, "config"]));
        std::fs::write(home.path("printed.toml"), &printed).unwrap();
        let values = |command: &mut Command| -> Map<String, Value> {
            let settings = in_effect(command).into_iter();
            settings.map(|(name, setting)| (name, setting["value"].clone())).collect()
        };
        assert_eq!(
            values(bare(&home).args(["--config", file])),
            values(bare(&home).env("RINGBOOK_CONFIG", "printed.toml")),
            "{printed}"
        );
    }
}

#[test]
fn a_server_reads_settings_from_the_file() {
    let home = Home::new();
    std::fs::write(home.path("node.toml"), "listen = \"127.0.0.1:0\"\nlog-format = \"json\"\n")
        .unwrap();
    let mut command = home.command();
    // What the tests add otherwise is in the file.
    command.args(["serve", "--config", "node.toml"]).env("RINGBOOK_STORE", "memory:");
    let server = Server::start_command(&mut command, home.log_file());
    assert_eq!(server.client().get("/readyz").unwrap().body, "ready\n");
    wait_for_text(&server.log_file, "\"path\":\"/readyz\"");
    assert!(!home.store().exists());
}

/// Scripts and unit files unset a variable so.
#[test]
fn ignores_empty_variables() {
    let home = Home::new();
    let mut command = bare(&home);
    command.envs(SAMPLES.map(|(name, ..)| (variable(name), ""))).env("RINGBOOK_CONFIG", "");
    assert_eq!(in_effect(&mut command), in_effect(&mut bare(&home)));
    std::fs::write(home.path("ringbook.toml"), "listen = \"127.0.0.1:9\"\n").unwrap();
    let settings = in_effect(bare(&home).env("RINGBOOK_LISTEN", ""));
    assert_eq!(settings["listen"]["source"], "ringbook.toml:1");
}

#[test]
fn warns_of_unknown_variables() {
    let home = Home::new();
    let mut command = home.command();
    let password = home.keep_secret("hunter2-hunter2");
    command.env("RINGBOOK_LISTN", password).env("RINGBOOK_COLOUR", "blue");
    let server = Server::start(command.arg("serve"), home.log_file());
    let message = "RINGBOOK_COLOUR, RINGBOOK_LISTN (there is RINGBOOK_LISTEN)";
    wait_for_text(&server.log_file, message);
}
