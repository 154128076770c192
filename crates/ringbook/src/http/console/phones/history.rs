//! A change of a phone as a sentence.

use serde::Deserialize;

/// A change, as the API shows it.
#[derive(Deserialize)]
pub struct Change {
    pub id: String,
    pub at: String,
    pub source: String,
    kind: String,
    before: Option<Side>,
    after: Option<Side>,
}

/// What changed, on one side of the change.
#[derive(Default, Deserialize)]
struct Side {
    number: Option<String>,
    name: Option<String>,
    #[serde(default)]
    skills: Vec<Held>,
}

#[derive(Deserialize)]
struct Held {
    id: String,
    name: String,
}

impl Change {
    /// `2026-01-02 03:04 UTC`
    pub fn time(&self) -> String {
        let minute = self.at.get(..16).unwrap_or(&self.at);
        format!("{} UTC", minute.replace('T', " "))
    }

    /// Whether a change of this kind can be undone at all.
    pub fn can_be_undone(&self) -> bool {
        self.kind != "phone.erase"
    }

    /// What was done, such as `name changed from Ravi to Mira, got Sales`.
    pub fn sentence(&self) -> String {
        let none = Side::default();
        let [before, after] =
            [&self.before, &self.after].map(|side| side.as_ref().unwrap_or(&none));
        match &*self.kind {
            "phone.create" => format!("created{}", after.told()),
            "phone.delete" => format!("deleted{}", before.told()),
            "phone.erase" => "erased".to_owned(),
            "phone.routing" => "routing edited".to_owned(),
            _ => difference(before, after),
        }
    }
}

impl Side {
    /// All that it has.
    fn told(&self) -> String {
        let texts = [&self.name, &self.number].into_iter().flatten().map(String::as_str);
        let skills: Vec<_> = self.skills.iter().map(|held| held.name.as_str()).collect();
        let skills = (!skills.is_empty()).then(|| format!("with {}", skills.join(", ")));
        let texts: Vec<_> = texts.chain(skills.as_deref()).collect();
        if texts.is_empty() { String::new() } else { format!(": {}", texts.join(" ")) }
    }

    fn has(&self, skill: &Held) -> bool {
        self.skills.iter().any(|held| held.id == skill.id)
    }
}

fn difference(before: &Side, after: &Side) -> String {
    let mut told = Vec::new();
    let texts = [("number", &before.number, &after.number), ("name", &before.name, &after.name)];
    for (what, before, after) in texts {
        if let (Some(before), Some(after)) = (before, after) {
            told.push(format!("{what} changed from {before} to {after}"));
        }
    }
    for held in &before.skills {
        let moved = after.has(held);
        told.push(format!("{} {}", if moved { "moved in" } else { "lost" }, held.name));
    }
    let got = after.skills.iter().filter(|held| !before.has(held));
    told.extend(got.map(|held| format!("got {}", held.name)));
    if told.is_empty() { "edited".to_owned() } else { told.join(", ") }
}
