//! Servers with phones in their directory, those phones, a trunk to them, and Kamailio before it with
//! the configuration of the examples.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tempfile::TempDir;
use test_support::{Caller, Home, Reply, Server, basic, until};

use super::program::{Program, free_port, received};

const EXAMPLE: &str = include_str!("../../../../../examples/kamailio/kamailio.cfg");
const TRUNK: &str = include_str!("trunk.cfg");
const CALLER: &str = include_str!("../../../../../examples/kamailio/caller.xml");
const ANSWERS: &str = include_str!("../../../../../examples/kamailio/phone.xml");
const SILENT: &str = include_str!("silent.xml");
const REFUSES: &str = include_str!("refuses.xml");

/// A phone: its name, what it does (`answers`, `silent`, or the status with which it refuses calls), and
/// its skills. One without any is not in the directory.
pub type Described<'a> = (&'a str, &'a str, &'a str);

/// The phone that rings where nothing is known.
pub const RECEPTION: Described<'_> = ("reception", "answers", "");

/// All that a call goes through.
pub struct Office {
    pub nodes: Vec<Server>,
    key: String,
    phones: Vec<Phone>,
    trunk: Program,
    proxy: Program,
    /// What callers call.
    proxy_port: u16,
    calls: AtomicU32,
    directory: TempDir,
}

struct Phone {
    name: String,
    number: String,
    port: u16,
    program: Program,
    /// The messages that `SIPp` has logged.
    messages: PathBuf,
}

/// What became of a call.
#[derive(Debug)]
pub struct Call {
    id: String,
    /// The status line that the caller got, without the version.
    pub answer: String,
}

impl Office {
    /// With so many servers on a store.
    pub fn open(home: &Home, nodes: usize, skills: &[&str], phones: &[Described<'_>]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| write(directory.path(), name, text);
        write("caller.xml", CALLER);
        let phones = phones.iter().chain([&RECEPTION]);
        let phones: Vec<_> =
            phones.map(|phone| (Phone::start(directory.path(), phone), phone.2)).collect();

        let key = home.account("acme", &[]);
        home.skills("acme", skills);
        let listed = phones.iter().filter(|(_, skills)| !skills.is_empty());
        let rows =
            listed.map(|(phone, skills)| format!("{},{},\"{skills}\"", phone.number, phone.name));
        home.write_csv("phones.csv", rows);
        home.ok(&["phone", "import", "--account", "acme", "phones.csv"]);
        let routing_key = home.ok(&["account", "key", "create", "--scope", "routing", "Kamailio"]);
        let routing_key = home.keep_secret(routing_key.trim());
        let nodes: Vec<_> = (0..nodes).map(|_| home.serve(&[])).collect();

        let phones: Vec<_> = phones.into_iter().map(|(phone, _)| phone).collect();
        let [trunk_port, proxy_port] = [free_port(), free_port()];
        let reception = phones.last().expect("it is there").port;
        let replaced = [
            ("acme:KEY", format!("acme:{routing_key}")),
            ("127.0.0.1:8080", nodes[0].address.to_string()),
            ("127.0.0.1:8081", nodes.last().expect("there is one").address.to_string()),
            ("127.0.0.1:5060", format!("127.0.0.1:{proxy_port}")),
            ("reception@127.0.0.1:5080", format!("reception@127.0.0.1:{reception}")),
        ];
        let example = replaced.iter().fold(EXAMPLE.to_owned(), |text, (there, here)| {
            assert_eq!(text.matches(there).count(), 1, "{there} is to be set");
            text.replace(there, here)
        });
        let trunk = TRUNK.replace("5080", &trunk_port.to_string());
        let [trunk, proxy] = [("trunk", trunk), ("proxy", example)].map(|(name, text)| {
            let file = write(&format!("{name}.cfg"), &text);
            let mut program = Command::new("kamailio");
            program.args(["-f", &file, "-DD", "-E"]);
            Program::start(&program, directory.path().join(format!("{name}.log")))
        });
        for phone in &phones {
            phone.program.wait_for(phone.port);
        }
        trunk.wait_for(trunk_port);
        proxy.wait_for(proxy_port);
        let calls = AtomicU32::default();
        let office = Self { nodes, key, phones, trunk, proxy, proxy_port, calls, directory };
        let template = format!("sip:{{number}}@127.0.0.1:{trunk_port}");
        let templates = serde_json::json!({"dial_templates": {"kamailio": template}});
        office.set("PATCH", "/v1/account/routing", &templates);
        office
    }

    /// The account's client of PhoneManageV2.
    pub fn caller(&self) -> Caller {
        self.nodes[0].caller("acme", &self.key)
    }

    /// Asks the first node for something.
    pub fn request(&self, method: &str, path: &str, body: &str) -> Reply {
        let credentials = basic("acme", &self.key);
        let headers = [("Authorization", &*credentials), ("Content-Type", "application/json")];
        self.nodes[0].client().request(method, path, &headers, body).unwrap()
    }

    /// Sets something on the first node.
    #[track_caller]
    pub fn set(&self, method: &str, path: &str, body: &Value) {
        let reply = self.request(method, path, &body.to_string());
        assert!(matches!(reply.status, 200 | 204), "{path} {body}: {reply:?}");
    }

    pub fn number(&self, name: &str) -> &str {
        let phone = self.phones.iter().find(|phone| phone.name == name);
        &phone.unwrap_or_else(|| panic!("there is no {name}")).number
    }

    /// Calls `sip:USER@` the proxy and hangs up when somebody answers.
    pub fn call(&self, user: &str) -> Call {
        let id = format!("call-{}", self.calls.fetch_add(1, Ordering::Relaxed));
        let messages = self.directory.path().join(format!("{id}.messages"));
        let ended = sipp(self.directory.path(), "caller.xml", free_port(), &messages)
            .args(["-key", "user", user, "-cid_str", &id, "-m", "1", "-timeout", "50"])
            .arg(format!("127.0.0.1:{}", self.proxy_port))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let replies = received(&messages);
        let mut answers = replies.iter().filter_map(|reply| reply.text.strip_prefix("SIP/2.0 "));
        let answer = answers.find(|answer| !answer.starts_with('1'));
        let answer = answer.and_then(|answer| answer.lines().next());
        let answer = answer.unwrap_or_else(|| panic!("{user}: no answer: {ended:?}")).to_owned();
        Call { id, answer }
    }

    /// The names of the phones that a call rang, by the time at which they got it.
    fn rang(&self, call: &Call) -> Vec<&str> {
        let id = format!("\nCall-ID: {}\n", call.id);
        let mut rang: Vec<_> = self
            .phones
            .iter()
            .filter_map(|phone| {
                let messages = received(&phone.messages).into_iter();
                let mut calls = messages.filter(|message| message.text.contains(&id));
                let time = calls.find(|message| message.text.starts_with("INVITE "))?.time;
                Some((time, &*phone.name))
            })
            .collect();
        rang.sort();
        rang.into_iter().map(|(_, name)| name).collect()
    }

    /// Calls, is answered so, and rings these phones: in this order, unless it is all at once.
    #[track_caller]
    pub fn assert_call(&self, user: &str, answer: &str, rings: &[&str], at_once: bool) {
        let call = self.call(user);
        // A phone may see a call after another one has answered it.
        until(&format!("{rings:?} ring for {user}"), || self.rang(&call).len() >= rings.len());
        let mut rang = self.rang(&call);
        let mut rings = rings.to_vec();
        if at_once {
            rang.sort_unstable();
            rings.sort_unstable();
        }
        assert_eq!((&*call.answer, rang), (answer, rings), "a call for {user}");
    }

    /// What Kamailio, and the trunk, have logged.
    pub fn log(&self) -> String {
        self.proxy.log() + &self.trunk.log()
    }
}

impl Phone {
    fn start(directory: &Path, (name, does, _): &Described<'_>) -> Self {
        let scenario = match *does {
            "answers" => ANSWERS.to_owned(),
            "silent" => SILENT.to_owned(),
            status => REFUSES.replace("STATUS", status),
        };
        let scenario = write(directory, &format!("{name}.xml"), &scenario);
        let messages = directory.join(format!("{name}.messages"));
        let port = free_port();
        let program = Program::start(
            &sipp(directory, &scenario, port, &messages),
            directory.join(format!("{name}.log")),
        );
        let number = format!("+9198765{port}");
        Self { name: (*name).to_owned(), number, port, program, messages }
    }
}

fn sipp(directory: &Path, scenario: &str, port: u16, messages: &Path) -> Command {
    let mut command = Command::new("sipp");
    command.args(["-sf", scenario, "-i", "127.0.0.1", "-p", &port.to_string(), "-nostdin"]);
    command.arg("-trace_msg").arg("-message_file").arg(messages).current_dir(directory);
    command
}

/// Writes a file, and returns its path.
fn write(directory: &Path, name: &str, text: &str) -> String {
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().expect("a temporary directory has a simple path").to_owned()
}
