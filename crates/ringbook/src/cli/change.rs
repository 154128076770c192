//! A change of the history in a line.

use std::fmt::{self, Display, Formatter};

use directory::Escaped;

use crate::change::{Change, Difference, Field, Skill, kind_words};
use crate::time;

impl Change {
    /// Above the lines.
    pub const HEADER: &str = "id      time                     who             what";

    /// What was done, and to what: `phone p1 edited: name Ravi -> Mira`.
    pub fn what(&self) -> String {
        let (thing, done) = kind_words(&self.kind);
        let id = [&self.phone, &self.skill, &self.key].into_iter().flatten().next();
        let id = id.map(|id| format!(" {id}")).unwrap_or_default();
        let difference = self.difference().to_string();
        let colon = if difference.is_empty() { "" } else { ": " };
        format!("{thing}{id} {done}{colon}{difference}")
    }
}

impl Display for Change {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { id, source, .. } = self;
        let (source, at) = (Escaped(source).to_string(), time::for_people(&self.at));
        write!(out, "{id:6}  {at}  {source:14}  {}", self.what())
    }
}

/// `name Ravi -> Mira, skills -Support +Sales`, and `Sales moved 1 -> 2` where only the place in its
/// ring order is another one. Of a phone that begins or ends, its skills.
impl Display for Difference {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let field = |Field { name, sides }: &Field| {
            let sides: Vec<_> = sides.iter().flatten().map(String::as_str).collect();
            format!("{name} {}", sides.join(" -> "))
        };
        let skill = |Skill { name, positions, .. }: &Skill| match *positions {
            [Some(before), Some(after)] => format!("{name} moved {before} -> {after}"),
            _ if !self.is_edit => name.clone(),
            [_, None] => format!("-{name}"),
            [None, _] => format!("+{name}"),
        };
        let mut told: Vec<_> = self.fields.iter().map(field).collect();
        if !self.skills.is_empty() {
            let skills: Vec<_> = self.skills.iter().map(skill).collect();
            told.push(format!("skills {}", skills.join(" ")));
        }
        out.write_str(&told.join(", "))
    }
}
